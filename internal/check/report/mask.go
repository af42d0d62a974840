package report

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// Source is full of what must not be shown: passwords are what some practices are about. A line is shown with every
// value masked that a name, or the looks of it, call a secret. A masked harmless value costs little.

const masked = "***"

// credentials are words in the names of keys, variables and flags whose values are secret.
const credentials = `(?i)pass(word|wd|phrase|code)?($|[^a-z])|pwd|secret|token|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|` +
	`encryption[-_.]?key|signing[-_.]?key|master[-_.]?key|account[-_.]?key|(^|[-_."' ])(auth|dsn|jwt|salt)($|[-_."' :=])|connection[-_.]?string|bearer|_key\b|webhook[-_.]?url`

var (
	credential = pattern.New(credentials)
	named      = pattern.New(credentials + `|(?i)authorization`)
	// setting is KEY: value, KEY=value or --flag value.
	setting = pattern.New(`^(\s*(?:- )*\s*(?:\{\s*)?)("[^"]*"|'[^']*'|[\w./-]+)(\s*:\s+|:$)(.*)$`)
	// harmlessKeys hold names of secrets, not secrets.
	harmlessKeys = pattern.New(`(?i)^(name|key|kind|namespace|secretname|secretkeyref|secretref|existingsecret|imagepullsecrets|valuefrom|envfrom|secret|path|` +
		`mountpath|serviceaccounttoken|automountserviceaccounttoken|tokenrequests|audience|apiversion|image|optional|expirationseconds|secrets|resources|verbs)$`)
	assigned = pattern.New(`([\w.-]*)(=)("[^"]*"|'[^']*'|[^\s"',\]}]+)`)
	flagged  = pattern.New(`(--?[\w-]+|(?i:bearer|basic))(\s+|",\s*"|',\s*')([^\s"',\]-][^\s"',\]]*)`)
	inside   = pattern.New(`([\w.-]+:\s+|^\s*(?i:ENV|ARG)\s+[\w.-]+\s+)()("[^"]*"|'[^']*'|[^\s"'{\[,}\]|>&*]+)`)
	inJSON   = pattern.New(`("[\w.-]+"\s*:\s*)()("[^"]*"|[^\s"{\[,}\]]+)`)
	inFlow   = pattern.New(`(\bvalue"?'?:\s*)("[^"]*"|'[^']*'|[^,}]+)`)
	userInfo = pattern.New(`(://[^/\s:@"']*:)([^@\s"']+)(@)`)
	// opaque are long words of letters and digits mixed, as keys are made; digests of images are none.
	opaque    = pattern.New(`[A-Za-z0-9+/_=-]{24,}`)
	digest    = pattern.New(`(?:sha256:|sha512:|sha512-|sha1:|@)[0-9a-f]*$`)
	beginsKey = pattern.New(`-----BEGIN [A-Z ]*PRIVATE KEY`)
)

// masks returns the lines with secrets masked. Of a Secret nothing is shown but its keys. inKey says that the lines
// begin within a private key.
func masks(lines []string, isSecret, inKey bool) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		switch {
		case strings.Contains(line, "-----BEGIN") && beginsKey().MatchString(line):
			inKey = true
			out[i] = beforeKey(line)
		case inKey:
			inKey = !strings.Contains(line, "-----END")
			out[i] = indentOf(line) + masked
		case isSecret:
			out[i] = maskSecret(line)
		default:
			out[i] = maskLine(line, namesCredential(lines, i))
		}
	}
	return out
}

// isWithinKey says whether a private key began in the lines and did not end.
func isWithinKey(lines []string) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		switch {
		case strings.Contains(lines[i], "-----END"), endsDocument(lines[i]):
			return false
		case strings.Contains(lines[i], "-----BEGIN") && beginsKey().MatchString(lines[i]):
			return true
		}
	}
	return false
}

func beforeKey(line string) string {
	before, _, _ := strings.Cut(line, "-----BEGIN")
	return before + masked
}

func indentOf(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

// namesCredential says whether a line is the value of an environment variable whose name, on a line beside it, is that
// of a credential.
func namesCredential(lines []string, i int) bool {
	if !strings.Contains(lines[i], "value") || !isValue().MatchString(lines[i]) {
		return false
	}
	for _, beside := range []int{i - 1, i + 1} {
		if beside >= 0 && beside < len(lines) && isName(lines[beside]) && named().MatchString(lines[beside]) {
			return true
		}
	}
	return false
}

var isValue = pattern.New(`^\s*(- )?\s*"?value"?:`)

func isName(line string) bool {
	return strings.Contains(line, "name:") || strings.Contains(line, `"name":`)
}

// maskSecret keeps the key of a line of a Secret, and the values that say what it is.
func maskSecret(line string) string {
	m := setting().FindStringSubmatch(line)
	switch {
	case m == nil && strings.TrimSpace(line) == "":
		return line
	case m == nil:
		return indentOf(line) + masked
	case strings.TrimSpace(m[4]) == "" || isMetadata[strings.Trim(m[2], `"'`)]:
		return line
	}
	return m[1] + m[2] + m[3] + masked
}

var isMetadata = map[string]bool{"apiVersion": true, "kind": true, "name": true, "namespace": true, "type": true, "immutable": true}

// stems are what every name of a credential has one of: most lines have none, and need no closer look.
var stems = []string{"pass", "pwd", "secret", "token", "cred", "key", "auth", "dsn", "jwt", "salt", "bearer", "basic", "connection", "webhook"}

func maskLine(line string, isCredential bool) string {
	lower := strings.ToLower(line)
	if isCredential || slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(lower, stem) }) {
		line = maskNamed(line, isCredential)
	}
	if strings.Contains(line, "://") {
		line = userInfo().ReplaceAllString(line, "${1}"+masked+"${3}")
	}
	return maskOpaque(line)
}

// maskNamed masks the values whose names say that they are secret.
func maskNamed(line string, isCredential bool) string {
	if m := setting().FindStringSubmatch(line); m != nil {
		key := strings.Trim(m[2], `"'`)
		secret := isCredential && key == "value" || credential().MatchString(key) && !harmlessKeys().MatchString(key)
		if secret && strings.TrimSpace(m[4]) != "" && !strings.HasPrefix(m[4], "{") && !strings.HasPrefix(m[4], "[") && !strings.HasPrefix(m[4], "|") {
			return m[1] + m[2] + m[3] + masked
		}
	}
	if isName(line) && named().MatchString(line) {
		line = inFlow().ReplaceAllString(line, "${1}"+masked)
	}
	for _, pair := range []func() *regexp.Regexp{assigned, flagged, inside, inJSON} {
		line = maskPairs(line, pair())
	}
	return line
}

// maskPairs masks what follows a name that is a credential's.
func maskPairs(line string, pair *regexp.Regexp) string {
	return pair.ReplaceAllStringFunc(line, func(match string) string {
		m := pair.FindStringSubmatch(match)
		name := strings.Trim(m[1], "-\"': \t")
		if (!credential().MatchString(name) || harmlessKeys().MatchString(name)) && !strings.EqualFold(name, "basic") {
			return match
		}
		if strings.HasPrefix(m[3], `"`) {
			return m[1] + m[2] + `"` + masked + `"`
		}
		return m[1] + m[2] + masked
	})
}

func maskOpaque(line string) string {
	if !hasLongWord(line) {
		return line
	}
	var b strings.Builder
	end := 0
	for _, at := range opaque().FindAllStringIndex(line, -1) {
		word := line[at[0]:at[1]]
		if !isOpaque(word) || digest().MatchString(line[:at[0]]) {
			continue
		}
		b.WriteString(line[end:at[0]] + masked)
		end = at[1]
	}
	return b.String() + line[end:]
}

// hasLongWord says whether there is a word that opaque would find.
func hasLongWord(line string) bool {
	run := 0
	for i := range len(line) {
		c := line[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '_' || c == '=' || c == '-' {
			if run++; run >= 24 {
				return true
			}
			continue
		}
		run = 0
	}
	return false
}

// isOpaque says that a word has digits, small and capital letters in a mix that no name of anything has.
func isOpaque(word string) bool {
	small, capital, digits, changes := 0, 0, 0, 0
	last := byte(0)
	for i := range len(word) {
		class := byte('-')
		switch c := word[i]; {
		case c >= 'a' && c <= 'z':
			class = 'a'
			small++
		case c >= 'A' && c <= 'Z':
			class = 'A'
			capital++
		case c >= '0' && c <= '9':
			class = '0'
			digits++
		}
		if class != last {
			changes++
		}
		last = class
	}
	return digits >= 2 && small >= 2 && capital >= 2 && changes*3 > len(word)
}
