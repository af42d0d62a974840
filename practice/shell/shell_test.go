package shell

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sketch writes a script on one line: what each command is, where it stands and what joins it.
func sketch(s *Script) string {
	var b strings.Builder
	for _, c := range s.Commands {
		var blocks string
		for o := c.Block; o != nil; o = o.Outer {
			blocks = string(o.Kind) + " " + blocks
		}
		b.WriteString(blocks)
		if c.Condition {
			b.WriteString("? ")
		}
		for _, a := range c.Assignments {
			b.WriteString("<" + a + ">")
		}
		fmt.Fprintf(&b, "%q", c.Words)
		for _, r := range c.Redirects {
			fmt.Fprintf(&b, " %s%s%q", r.FD, r.Op, r.Target)
		}
		if c.InBackground() {
			b.WriteString(" bg")
		}
		b.WriteString(" " + string(c.Next) + "\n")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct{ script, want string }{
		"empty":            {"", ""},
		"joins":            {"a && b || c; d | e & f", `["a"] &&|["b"] |||["c"] ;|["d"] bg ||["e"] bg &|["f"] |`},
		"quotes":           {`a 'b c' "d \" $E" f\ g $(h "i j") ` + "`k l`", `["a" "b c" "d \" $E" "f g" "$(h \"i j\")" "` + "`k l`" + `"] |`},
		"joins in quotes":  {`echo "a && b" 'c; d' e\&f`, `["echo" "a && b" "c; d" "e&f"] |`},
		"comment":          {"a # b && c\nd a#b", `["a"] ;|["d" "a#b"] |`},
		"continued":        {"apt-get update \\\n && apt-get install -y \\\n  curl", `["apt-get" "update"] &&|["apt-get" "install" "-y" "curl"] |`},
		"redirects":        {"app >> /var/log/app.log 2>&1 < in", `["app"] >>"/var/log/app.log" 2>&"1" <"in" |`},
		"both outputs":     {"app &> log &", `["app"] &>"log" bg &|`},
		"assignments":      {"A=1 B='2 3' app C=4", `<A=1><B=2 3>["app" "C=4"] |`},
		"list":             {"a=(b c) d", `<a=(b c)>["d"] |`},
		"endless loop":     {"while true; do app; sleep 1; done", `loop ? ["true"] ;|loop ["app"] ;|loop ["sleep" "1"] ;|`},
		"if":               {"if [ -f x ]; then a; elif b; then c; else d; fi; e", `if ? ["[" "-f" "x" "]"] ;|if ["a"] ;|if ? ["b"] ;|if ["c"] ;|if ["d"] ;|["e"] |`},
		"for":              {"for i in 1 2; do a $i; done && b", `loop ["a" "$i"] ;|["b"] |`},
		"arithmetic for":   {"for ((;;)); do a; done", `loop ["a"] ;|`},
		"case":             {"case \"$1\" in\n  start|run) a;;\n  *) b\n ;;\nesac\nc", `case ["a"] ;|case ["b"] ;|["c"] |`},
		"subshell":         {"(cd x && a) & b", `( ["cd" "x"] bg &&|( ["a"] bg |["b"] |`},
		"group to a file":  {"{ a; b; } > log", `{ ["a"] ;|{ ["b"] ;|`},
		"function":         {"f() { a; }\nfunction g { b; }\nf", `function ["a"] ;|function ["b"] ;|["f"] |`},
		"test of bash":     {"[[ -n $A && $B > 1 ]] || exit 1", `["[[" "-n" "$A" "&&" "$B" ">" "1" "]]"] |||["exit" "1"] |`},
		"here-document":    {"cat <<EOF > x && a\nb && c\nEOF\nd", `["cat"] <<"b && c\n" >"x" &&|["a"] ;|["d"] |`},
		"indented":         {"cat <<-'EOF'\n\tb\n\tEOF\nd", `["cat"] <<-"b\n" ;|["d"] |`},
		"keyword as word":  {"echo if done; 'if' x", `["echo" "if" "done"] ;|["if" "x"] |`},
		"not":              {"! a && b", `["a"] &&|["b"] |`},
		"process as file":  {"a <(b | c) > >(tee d)", `["a"] <"(b | c)" >"(tee d)" |`},
		"list in a loop":   {"while :; do a & done", `loop ? [":"] ;|loop ["a"] bg &|`},
		"parameter":        {`exec "$@" ${A:-b c} "${D[@]}"`, `["exec" "$@" "${A:-b c}" "${D[@]}"] |`},
		"unfinished":       {`a && "b`, `["a"] &&|["b"] |`},
		"unbalanced":       {"done; ) fi a }", `["a" "}"] |`},
		"carriage returns": {"a\r\nb\r\n", `["a"] ;|["b"] ;|`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, strings.ReplaceAll(sketch(Parse(test.script)), "\n", "|")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProgram(t *testing.T) {
	for script, want := range map[string]string{
		"/usr/sbin/nginx -g x":          "nginx -g x",
		"exec gosu app:app java -jar x": "java -jar x",
		"exec -a name app":              "app",
		"env -u A B=1 python x":         "python x",
		"sudo -u app -E nohup node x":   "node x",
		"tini -g -- node x":             "node x",
		"/usr/bin/dumb-init -- node x":  "node x",
		"timeout -k 5 30 curl x":        "curl x",
		"su-exec app x":                 "x",
		"nice -n 10 x":                  "x",
		"exec":                          "exec",
		"A=1":                           "",
		"stdbuf -oL app":                "app",
		"timeout --signal=KILL 30 app":  "app",
		"sudo sh -c 'a b'":              "sh -c a b",
		"chroot --userspec=app / app":   "app",
		"setpriv --reuid=1 --init-groups app --init-groups x": "app --init-groups x",
	} {
		name, args := Parse(script).Commands[0].Program()
		if got := strings.TrimSpace(name + " " + strings.Join(args, " ")); got != want {
			t.Errorf("%s runs %q, want %q", script, got, want)
		}
	}
}

func TestInner(t *testing.T) {
	for script, want := range map[string]string{
		"sh -c 'a; b'":                        `["a"] ;|["b"] |`,
		"exec bash -lc 'a'":                   `["a"] |`,
		"bash -o pipefail -c 'a | b'":         `["a"] ||["b"] |`,
		"bash -euxo pipefail -c 'a' name arg": `["a"] |`,
		"eval a b":                            `["a" "b"] |`,
		"sh x.sh -c a":                        "",
		"a -c b":                              "",
	} {
		got := ""
		if inner := Parse(script).Commands[0].Inner(); inner != nil {
			got = strings.ReplaceAll(sketch(inner), "\n", "|")
		}
		if got != want {
			t.Errorf("%s runs %s, want %s", script, got, want)
		}
	}
}

func TestEndless(t *testing.T) {
	for script, want := range map[string]bool{
		"while true; do a; done":            true,
		"while :; do a; done":               true,
		"while [ 1 ]; do a; done":           true,
		"while [ true ]; do a; done":        true,
		"while /bin/true\ndo a\ndone":       true,
		"while ((1)); do a; done":           true,
		"while [[ true ]]; do a; done":      true,
		"until false; do a; done":           true,
		"for ((;;)); do a; done":            true,
		"for (( ; ; )); do a; done":         true,
		"until pg_isready; do a; done":      false,
		"while read line; do a; done":       false,
		"for i in 1 2 3; do a; done":        false,
		"for ((i=0;i<3;i++)); do a; done":   false,
		"while [ -f x ]; do a; done":        false,
		"while ! nc -z db 5432; do a; done": false,
		"if true; then a; fi":               false,
	} {
		commands := Parse(script).Commands
		last := commands[len(commands)-1]
		if last.Words[0] != "a" || last.Block == nil || last.Block.Endless() != want {
			t.Errorf("%s: %s, want endless %v", script, sketch(Parse(script)), want)
		}
	}
}

func TestBlockRedirects(t *testing.T) {
	c := Parse("while true; do a; done 2>&1 | tee /var/log/a &").Commands
	loop := c[1].Looped()
	if want := []Redirect{{FD: "2", Op: ">&", Target: "1"}}; !cmp.Equal(loop.Redirects, want) || loop.Next != Pipe || !c[1].InBackground() {
		t.Errorf("the loop has %v, joined by %q", loop.Redirects, loop.Next)
	}
	if loop.Redirects[0].Writes() {
		t.Error("2>&1 writes to a file")
	}
	if !Parse("a 2>> x").Commands[0].Redirects[0].Writes() || !Parse("a >& x").Commands[0].Redirects[0].Writes() {
		t.Error("2>> x and >& x write to none")
	}
}

func TestLines(t *testing.T) {
	var lines []int
	for _, c := range Parse("a \\\n b\n# c\nd 'e\nf'\ng\ncat <<EOF\nh\nEOF\ni").Commands {
		lines = append(lines, c.Line)
	}
	if diff := cmp.Diff([]int{0, 3, 5, 6, 9}, lines); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a && b || c; d | e & f", "while true; do a; done", "case $1 in a|b) c;; esac", "f() { a; }; f", "cat <<EOF > x\nb\nEOF\n",
		"[[ a && b ]]", "for ((;;)); do a; done", "$(a `b ${c} \"d\"`)", "a <(b) 2>&1 &> c", "if a; then b; fi", "\\", "((", "function", "a=(", "<<", "'", "$",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := Parse(text)
		lines := strings.Count(text, "\n")
		for _, c := range s.Commands {
			if len(c.Words)+len(c.Assignments)+len(c.Redirects) == 0 {
				t.Errorf("%q has a command of nothing", text)
			}
			if c.Line < 0 || c.Line > lines {
				t.Errorf("%q has a command at line %d", text, c.Line)
			}
			c.Program()
			c.Inner()
			if loop := c.Looped(); loop != nil {
				loop.Endless()
			}
		}
	})
}
