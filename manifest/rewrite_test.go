package manifest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	kubectl "sigs.k8s.io/yaml"
)

// Each scalar that has the text OLD gets another: what is between the two stays as it is, byte by byte.
func TestRewrite(t *testing.T) {
	for name, test := range map[string]struct{ text, to, want string }{
		"plain":                        {"a: OLD # why\n", "new", "a: new # why\n"},
		"single quotes":                {"a: 'OLD'\n", "1.10", "a: '1.10'\n"},
		"double quotes":                {"a: \"OLD\"\n", "1.10", "a: \"1.10\"\n"},
		"a number needs quotes":        {"a: OLD\n", "1.10", "a: \"1.10\"\n"},
		"an octal number does":         {"a: OLD\n", "0123", "a: \"0123\"\n"},
		"an exponent does":             {"a: OLD\n", "1e5", "a: \"1e5\"\n"},
		"a hexadecimal number does":    {"a: OLD\n", "0x1F", "a: \"0x1F\"\n"},
		"minutes do":                   {"a: OLD\n", "12:30", "a: \"12:30\"\n"},
		"thousands do":                 {"a: OLD\n", "1_000", "a: \"1_000\"\n"},
		"a truth value does":           {"a: OLD\n", "on", "a: \"on\"\n"},
		"nothing does":                 {"a: OLD\n", "null", "a: \"null\"\n"},
		"a date does":                  {"a: OLD\n", "2026-11-02", "a: \"2026-11-02\"\n"},
		"a version doesn't":            {"a: OLD\n", "1.10.0", "a: 1.10.0\n"},
		"a date with a number doesn't": {"a: OLD\n", "2026-11-02-1", "a: 2026-11-02-1\n"},
		"a commit doesn't":             {"a: OLD\n", "1a2b3c4", "a: 1a2b3c4\n"},
		"a commit that is a number":    {"a: OLD\n", "12e4567", "a: \"12e4567\"\n"},
		"in brackets":                  {"{a: OLD, b: [OLD,c]}\n", "acme/web:1.5", "{a: acme/web:1.5, b: [acme/web:1.5,c]}\n"},
		"JSON":                         {"{\n\t\"a\": \"OLD\"\n}", "1", "{\n\t\"a\": \"1\"\n}"},
		"CRLF":                         {"a: OLD\r\nb: x\r\n", "new", "a: new\r\nb: x\r\n"},
		"BOM":                          {"\ufeffa: OLD\nb: OLD\n", "new", "\ufeffa: new\nb: new\n"},
		"no line break at the end":     {"a: OLD", "new", "a: new"},
		"odd indentation":              {"a:\n     b :   OLD   # x\n     c:\n     -   OLD\n", "new", "a:\n     b :   new   # x\n     c:\n     -   new\n"},
		"an anchor":                    {"a: &x OLD\nb: *x\n", "new", "a: &x new\nb: *x\n"},
		"a merge key":                  {"a: &x {v: OLD}\nb: {<<: *x}\n", "new", "a: &x {v: new}\nb: {<<: *x}\n"},
		"a tag":                        {"a: !!str OLD\n", "1.10", "a: !!str 1.10\n"},
		"a text in lines":              {"a: |-\n  OLD\nb: 1\n", "new", "a: |-\n  new\nb: 1\n"},
		"a folded text":                {"a: >-\n   OLD\n\nb: 1\n", "new", "a: >-\n   new\n\nb: 1\n"},
		"documents":                    {"a: OLD\n--- # two\na: x\n---\n{a: OLD}\n...\n", "new", "a: new\n--- # two\na: x\n---\n{a: new}\n...\n"},
		"other letters before it":      {"ä: {ö: \"ü\", a: OLD}\n", "new", "ä: {ö: \"ü\", a: new}\n"},
		"a template":                   {"a: {{ .x }}\n  - b: OLD # y\n    c: \"OLD\"\r\n{{- end }}\n", "1.5", "a: {{ .x }}\n  - b: \"1.5\" # y\n    c: \"1.5\"\r\n{{- end }}\n"},
		"a key without a value":        {"a: OLD\nb:\n", "new", "a: new\nb:\n"},
		"a patch":                      {"p: |-\n   x: y\n\n   a: OLD  # z\n   b: 'OLD'\nq: 1\n", "2", "p: |-\n   x: y\n\n   a: \"2\"  # z\n   b: '2'\nq: 1\n"},
		"a patch with CRLF":            {"p: |\r\n  a: OLD\r\nq: 1\r\n", "new", "p: |\r\n  a: new\r\nq: 1\r\n"},
		"a patch in quotes":            {"p: '[{\"a\": \"OLD\"}]'\n", "2", "p: '[{\"a\": \"2\"}]'\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Rewrite([]byte(test.text), rewritings([]byte(test.text), "OLD", test.to)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			back, err := Rewrite(got, rewritings(got, test.to, "OLD")...)
			undone := strings.ReplaceAll(test.want, test.to, "OLD")
			if err != nil || string(back) != undone {
				t.Errorf("the way back: %v\n%s", err, cmp.Diff(undone, string(back)))
			}
		})
	}
}

// rewritings are those of all scalars with a text, also in texts that are YAML.
func rewritings(text []byte, from, to string) []Rewriting {
	var all []Rewriting
	scalars, _ := Scalars("a.yaml", text)
	for _, s := range slices.Clone(scalars) {
		scalars = append(scalars, s.Within()...)
	}
	for _, s := range scalars {
		if s.Text() == from {
			all = append(all, Rewriting{s, to})
		}
	}
	return all
}

func TestNumbersStayNumbersIfTheyAreWrittenAsTheyRead(t *testing.T) {
	for _, test := range []struct{ text, to, want string }{
		{"a: 1.5\n", "1.6", "a: 1.6\n"},
		{"a: 1.9\n", "1.10", "a: \"1.10\"\n"},
		{"a: 7\n", "8", "a: 8\n"},
		{"a: 7\n", "08", "a: \"08\"\n"},
		{"a: 7\n", "1.5", "a: \"1.5\"\n"},
		{"a: true\n", "1.5", "a: \"1.5\"\n"},
	} {
		text := []byte(test.text)
		scalars, _ := Scalars("a.yaml", text)
		got, err := Rewrite(text, Rewriting{scalars[0], test.to})
		if err != nil || string(got) != test.want {
			t.Errorf("%q to %s: %q, %v", test.text, test.to, got, err)
		}
	}
}

func TestWhatCantBeToldIsNotRewritten(t *testing.T) {
	for name, text := range map[string]string{
		"escapes":             "a: \"O\\x4cD\"\n",
		"a text over lines":   "a: 'acme/\n\n  web:1'\n",
		"an alias, elsewhere": "a: &x acme/web:1\nb: *x\n",
		"two words":           "a: acme/web:1\n",
	} {
		var all []Rewriting
		scalars, _ := Scalars("a.yaml", []byte(text))
		for i, s := range scalars {
			all = append(all, Rewriting{s, []string{"new", "newer"}[i]})
		}
		if name == "two words" {
			all[0].To = "new; reboot"
		}
		if got, err := Rewrite([]byte(text), all...); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWhatAliasesRepeatIsBounded(t *testing.T) {
	text := "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
	text += "f: &f [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
	scalars, problems := Scalars("a.yaml", []byte(text))
	if len(scalars) > 0 || len(problems) != 1 {
		t.Errorf("%d scalars, problems %v", len(scalars), problems)
	}
}

// Whatever is in a file: what is rewritten differs in the bytes of the value, is read as what was meant, and the rest as before.
func FuzzRewrite(f *testing.F) {
	for _, text := range []string{
		"a: x # y\n", "{a: 'b', c: [\"d\"]}", "a: &x b\nc: *x\n", "a: |\n  b: c\n", "a: >-\n  b\n", "\ufeffa: 1.5\r\n---\r\nb: on\r\n", "a: !!str b\n", "<<: {a: b}\n", "a: {{ b }}\nc: d\n",
		"? a\n: b\n", "- - a\n  - b:\n", "a: \"\\u0041\"\n", "p: '[{\"a\": \"b\"}]'\n",
	} {
		f.Add([]byte(text), "1.10", uint(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, to string, number uint) {
		scalars, _ := Scalars("a.yaml", text)
		for _, s := range slices.Clone(scalars) {
			scalars = append(scalars, s.Within()...)
		}
		if len(scalars) == 0 {
			return
		}
		s := scalars[int(number%uint(len(scalars)))]
		after, err := Rewrite(text, Rewriting{s, to})
		if err != nil {
			return
		}
		prefix, suffix := common(text, after)
		written := string(after[prefix : len(after)-suffix])
		if !strings.Contains(` "`+to+`"`, written) && !strings.Contains(" "+to, written) {
			t.Errorf("%q: %q became %q", text, text[prefix:len(text)-suffix], written)
		}
		again, _ := Scalars("a.yaml", after)
		for _, s := range slices.Clone(again) {
			again = append(again, s.Within()...)
		}
		if i := slices.IndexFunc(again, func(o Scalar) bool {
			return o.Document == s.Document && slices.Equal(o.Path, s.Path) && (o.in == nil) == (s.in == nil)
		}); i < 0 || again[i].Text() != to {
			t.Errorf("%q: %s isn't read as %q in %q", text, s.Path, to, after)
		}
		var value any
		if kubectl.Unmarshal(text, &value) == nil && kubectl.Unmarshal(after, &value) != nil {
			t.Errorf("%q is no YAML any more: %q", text, after)
		}
	})
}
