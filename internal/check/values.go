package check

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

// chartValues tells which keys of a chart's values lead to a line of a template. It reads templates as text, since Go's
// parser keeps no columns: what it doesn't understand it leaves out.
type chartValues struct {
	*unit
	meanings map[string][]meaning // at the beginning of each line of a template
	named    map[string][]string  // keys that a named template uses, by its name
	prefixes map[string]string    // of the dependencies' values, by directory
}

// mostKeys of a line are named.
const mostKeys = 4

// keys are those that lead to a field of which depth steps are written, the last of them in a line at a byte. A field that
// isn't written is made from values only if what it belongs to is.
func (c *chartValues) keys(file string, rows []string, line, at int, steps []string, depth int) []string {
	within := c.meaningsOf(file, rows)
	from, keys := rows[line], []string(nil)
	if depth > 0 {
		from = entry(rows[line], at)
	}
	if depth > 0 && strings.HasSuffix(strings.TrimSpace(from), ":") {
		for next := line + 1; next < len(rows) && isAction(rows[next]) && len(keys) == 0; next++ {
			from, keys = rows[next], c.used(rows[next], within[next])
		}
	} else {
		keys = c.used(from, within[line])
	}
	isWhole := strings.Contains(from, "toYaml") || strings.Contains(from, "with ")
	switch {
	case depth < len(steps) && !isWhole && !strings.Contains(from, "include "):
		return nil
	case isWhole && len(keys) == 1:
		if depth == 0 {
			depth = above(rows, line, steps)
		}
		keys[0] += way(steps[depth:])
	}
	prefix := c.prefix(file)
	for i, key := range keys {
		if key != "global" && !strings.HasPrefix(key, "global.") {
			keys[i] = prefix + key
		}
	}
	return keys[:min(len(keys), mostKeys)]
}

// entry is a key with its value in a line: all that follows or, in braces, up to the next key.
func entry(row string, at int) string {
	if !strings.Contains(strings.ReplaceAll(row[:at], "{{", ""), "{") {
		return row[at:]
	}
	depth := 0
	for i := at; i < len(row); i++ {
		if strings.HasPrefix(row[i:], "{{") {
			if end := strings.Index(row[i:], "}}"); end > 0 {
				i += end + 1
				continue
			}
		}
		switch row[i] {
		case '{', '[':
			depth++
		case ',', '}', ']':
			if depth == 0 {
				return row[at:i]
			}
			if row[i] != ',' {
				depth--
			}
		}
	}
	return row[at:]
}

// isAction says that a line makes text by an action alone.
func isAction(row string) bool {
	row = strings.TrimSpace(row)
	return strings.HasPrefix(row, "{{") && strings.HasSuffix(row, "}}")
}

// above is how many steps of a field lead to the key that a block made by an action stands below; all of them if that
// can't be told.
func above(rows []string, line int, steps []string) int {
	for line--; line >= 0; line-- {
		if isAction(rows[line]) {
			continue
		}
		key, isKey := strings.CutSuffix(strings.TrimSpace(rows[line]), ":")
		for i, step := range slices.Backward(steps) {
			if isKey && step == key {
				return i + 1
			}
		}
		break
	}
	return len(steps)
}

// way spells steps as they follow a key: ".limits.memory", "[0].image".
func way(steps []string) string {
	var b strings.Builder
	for _, step := range steps {
		if _, err := strconv.Atoi(step); err == nil || strings.ContainsAny(step, "./") {
			b.WriteString("[" + step + "]")
			continue
		}
		b.WriteString("." + step)
	}
	return b.String()
}

// meaning is what dot and the variables stand for somewhere in a template: keys of the values, "" if they aren't any.
type meaning struct {
	dot       string
	variables map[string]string
}

func (m meaning) with(name, key string) meaning {
	variables := map[string]string{}
	for n, k := range m.variables {
		variables[n] = k
	}
	variables[name] = key
	return meaning{m.dot, variables}
}

// patterns are made when a chart has a finding: most checks need none.
var patterns = sync.OnceValue(func() (p struct{ action, quoted, reference, index, include, opening *regexp.Regexp }) {
	p.action = regexp.MustCompile(`(?s)\{\{-?\s*(.*?)\s*-?\}\}`)
	p.quoted = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")
	p.reference = regexp.MustCompile(`(\$\w*)?((?:\.[A-Za-z_]\w*)+)|(\$\w+)|(?:^|[\s(])(\.)(?:$|[\s)|])`)
	p.index = regexp.MustCompile(`index\s+\$?\.Values((?:\s+"[^"]+")+)`)
	p.include = regexp.MustCompile(`(?:include|template)\s+"([^"]+)"`)
	p.opening = regexp.MustCompile(`(?s)^(range|with|if|define|block|else|end)\b\s*(.*)$`)
	return p
})

// block is what range, with and the like open, up to their end.
type block struct {
	word   string
	before meaning
}

// meaningsOf are those at the beginnings of all lines of a template.
func (c *chartValues) meaningsOf(file string, rows []string) []meaning {
	if known, ok := c.meanings[file]; ok {
		return known
	}
	var now meaning
	var blocks []block
	text := strings.Join(rows, "\n")
	all, scanned := []meaning{now}, 0
	for _, at := range patterns().action.FindAllStringSubmatchIndex(text, -1) {
		for range strings.Count(text[scanned:at[0]], "\n") {
			all = append(all, now)
		}
		scanned = at[0]
		now, blocks = after(text[at[2]:at[3]], now, blocks)
	}
	for len(all) < len(rows) {
		all = append(all, now)
	}
	if c.meanings == nil {
		c.meanings = map[string][]meaning{}
	}
	c.meanings[file] = all
	return all
}

// after is what holds after an action.
func after(action string, now meaning, blocks []block) (meaning, []block) {
	opening := patterns().opening.FindStringSubmatch(action)
	if opening == nil {
		return assign(action, now), blocks
	}
	last := len(blocks) - 1
	switch word := opening[1]; word {
	case "end":
		if last >= 0 {
			return blocks[last].before, blocks[:last]
		}
	case "else":
		if last >= 0 && blocks[last].word != "if" {
			return blocks[last].before, blocks
		}
	case "range", "with":
		return enter(word, opening[2], now), append(blocks, block{word, now})
	default:
		return now, append(blocks, block{word, now})
	}
	return now, blocks
}

// assign takes in "$x := .Values.a".
func assign(action string, now meaning) meaning {
	name, value, ok := strings.Cut(action, ":=")
	if !ok || !strings.HasPrefix(name, "$") {
		return now
	}
	return now.with(strings.TrimSpace(name), first(usedBy(value, now)))
}

// enter is what holds within "range $i, $x := .Values.list" or "with .Values.a".
func enter(word, expression string, now meaning) meaning {
	names, value, assigns := strings.Cut(expression, ":=")
	if !assigns {
		value = expression
	}
	key := first(usedBy(value, now))
	if key != "" && word == "range" {
		key += "[]"
	}
	within := meaning{dot: key, variables: now.variables}
	if assigns {
		variables := strings.Split(names, ",")
		within = within.with(strings.TrimSpace(variables[len(variables)-1]), key)
	}
	return within
}

func first(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[0]
}

// used are the keys that the actions in a piece of a template use, those of named templates included.
func (c *chartValues) used(text string, within meaning) []string {
	var keys []string
	for _, m := range patterns().action.FindAllStringSubmatch(text, -1) {
		if isCondition(m[1]) {
			continue
		}
		keys = append(keys, usedBy(m[1], within)...)
		for _, included := range patterns().include.FindAllStringSubmatch(m[1], -1) {
			keys = append(keys, c.usedByNamed(included[1])...)
		}
	}
	return unique(keys)
}

// isCondition says that an action makes no text of what it uses.
func isCondition(action string) bool {
	opening := patterns().opening.FindStringSubmatch(action)
	return opening != nil && opening[1] != "with" && opening[1] != "range"
}

// usedBy are the keys that one action uses.
func usedBy(action string, within meaning) []string {
	var keys []string
	for _, m := range patterns().index.FindAllStringSubmatch(action, -1) {
		keys = append(keys, strings.Join(strings.Fields(strings.ReplaceAll(m[1], `"`, "")), "."))
	}
	for _, m := range patterns().reference.FindAllStringSubmatch(patterns().quoted.ReplaceAllString(action, `""`), -1) {
		fields, isValue := strings.CutPrefix(m[2], ".Values.")
		switch variable := m[1] + m[3]; {
		case isValue:
			keys = append(keys, fields)
		case len(variable) > 1 && within.variables[variable] != "":
			keys = append(keys, within.variables[variable]+m[2])
		case variable == "" && within.dot != "" && m[2] != ".Values":
			keys = append(keys, within.dot+m[2])
		}
	}
	return unique(keys)
}

func unique(keys []string) []string {
	var out []string
	for _, k := range keys {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// usedByNamed are the keys that a named template uses, and those that it includes.
func (c *chartValues) usedByNamed(name string) []string {
	if c.named == nil {
		c.named = map[string][]string{}
		bodies := map[string]string{}
		c.readNamed(c.path, bodies, 0)
		for name := range bodies {
			c.named[name] = usedByBody(name, bodies, map[string]bool{})
		}
	}
	return slices.Clone(c.named[name])
}

func usedByBody(name string, bodies map[string]string, seen map[string]bool) []string {
	if seen[name] {
		return nil
	}
	seen[name] = true
	var keys []string
	for _, m := range patterns().action.FindAllStringSubmatch(bodies[name], -1) {
		if isCondition(m[1]) {
			continue
		}
		keys = append(keys, usedBy(m[1], meaning{})...)
		for _, included := range patterns().include.FindAllStringSubmatch(m[1], -1) {
			keys = append(keys, usedByBody(included[1], bodies, seen)...)
		}
	}
	return unique(keys)
}

// readNamed collects the texts of the named templates of a chart and of its dependencies.
func (c *chartValues) readNamed(dir string, bodies map[string]string, depth int) {
	_ = fs.WalkDir(c.fsys, path.Join(dir, "templates"), func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() { // what can't be read, rendering has told
			text, _ := fs.ReadFile(c.fsys, name)
			addNamed(string(text), bodies)
		}
		return nil
	})
	for _, below := range slices.Sorted(maps.Keys(c.dependencies(dir))) {
		if depth < deepest {
			c.readNamed(below, bodies, depth+1)
		}
	}
}

// addNamed takes the named templates out of a text.
func addNamed(text string, bodies map[string]string) {
	name, begin, depth := "", 0, 0
	for _, at := range patterns().action.FindAllStringSubmatchIndex(text, -1) {
		opening := patterns().opening.FindStringSubmatch(text[at[2]:at[3]])
		switch {
		case opening == nil, opening[1] == "else":
		case opening[1] == "end":
			if depth--; depth == 0 && name != "" {
				if _, known := bodies[name]; !known { // the chart's own wins
					bodies[name] = text[begin:at[0]]
				}
				name = ""
			}
		default:
			if opening[1] == "define" && depth == 0 {
				name, begin = strings.Trim(opening[2], `"`), at[1]
			}
			depth++
		}
	}
}

// deepest dependencies of dependencies that are looked at: they may lead in a circle.
const deepest = 8

// prefix of the keys of the chart that a template belongs to, among the values of the chart that is judged: "redis.".
func (c *chartValues) prefix(file string) string {
	if c.prefixes == nil {
		c.prefixes = map[string]string{}
		c.addPrefixes(c.path, "", 0)
	}
	dir, _, _ := strings.Cut(file, "/templates/")
	return c.prefixes[dir]
}

func (c *chartValues) addPrefixes(dir, prefix string, depth int) {
	if _, known := c.prefixes[dir]; known || depth > deepest {
		return
	}
	c.prefixes[dir] = prefix
	dependencies := c.dependencies(dir)
	for _, below := range slices.Sorted(maps.Keys(dependencies)) {
		c.addPrefixes(below, prefix+dependencies[below]+".", depth+1)
	}
}

// dependencies of a chart that are in directories, with the keys of their values.
func (c *chartValues) dependencies(dir string) map[string]string {
	all := map[string]string{}
	entries, _ := fs.ReadDir(c.fsys, path.Join(dir, "charts")) // most charts have none
	for _, e := range entries {
		if e.IsDir() {
			all[path.Join(dir, "charts", e.Name())] = e.Name()
		}
	}
	for _, file := range []string{"Chart.yaml", "requirements.yaml"} {
		var about struct {
			Dependencies []struct{ Name, Alias, Repository string }
		}
		text, err := fs.ReadFile(c.fsys, path.Join(dir, file))
		if err != nil || yaml.Unmarshal(text, &about) != nil {
			continue
		}
		for _, d := range about.Dependencies {
			below := path.Join(dir, "charts", d.Name)
			if local, isLocal := strings.CutPrefix(d.Repository, "file://"); all[below] == "" {
				if below = path.Join(dir, local); !isLocal || !fs.ValidPath(below) {
					continue
				}
			}
			if all[below] = d.Name; d.Alias != "" {
				all[below] = d.Alias
			}
		}
	}
	return all
}
