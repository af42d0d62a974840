package report

import (
	"regexp"
	"strings"
)

// Source is full of what must not be shown: passwords are what some practices are about. A line is shown with every
// value masked that a name, or the looks of it, call a secret. A masked harmless value costs little.

const masked = "***"

var (
	// credential are words in the names of keys, variables and flags whose values are secret.
	credential = regexp.MustCompile(`(?i)pass(word|wd|phrase|code)?($|[^a-z])|pwd|secret|token|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|` +
		`encryption[-_.]?key|signing[-_.]?key|master[-_.]?key|account[-_.]?key|(^|[-_."' ])(auth|dsn|jwt|salt)($|[-_."' :=])|connection[-_.]?string|bearer|_key\b|webhook[-_.]?url`)
	named = regexp.MustCompile(credential.String() + `|(?i)authorization`)
	// setting is KEY: value, KEY=value or --flag value.
	setting = regexp.MustCompile(`^(\s*(?:- )*\s*(?:\{\s*)?)("[^"]*"|'[^']*'|[\w./-]+)(\s*:\s+|:$)(.*)$`)
	// harmlessKeys hold names of secrets, not secrets.
	harmlessKeys = regexp.MustCompile(`(?i)^(name|key|kind|namespace|secretname|secretkeyref|secretref|existingsecret|imagepullsecrets|valuefrom|envfrom|secret|path|` +
		`mountpath|serviceaccounttoken|automountserviceaccounttoken|tokenrequests|audience|apiversion|image|optional|expirationseconds|secrets|resources|verbs)$`)
	assigned = regexp.MustCompile(`([\w.-]*)(=)("[^"]*"|'[^']*'|[^\s"',\]}]+)`)
	flagged  = regexp.MustCompile(`(--?[\w-]+|(?i:bearer|basic))(\s+|",\s*"|',\s*')([^\s"',\]-][^\s"',\]]*)`)
	inside   = regexp.MustCompile(`([\w.-]+:\s+|^\s*(?i:ENV|ARG)\s+[\w.-]+\s+)()("[^"]*"|'[^']*'|[^\s"'{\[,}\]|>&*]+)`)
	inJSON   = regexp.MustCompile(`("[\w.-]+"\s*:\s*)()("[^"]*"|[^\s"{\[,}\]]+)`)
	inFlow   = regexp.MustCompile(`(\bvalue"?'?:\s*)("[^"]*"|'[^']*'|[^,}]+)`)
	userInfo = regexp.MustCompile(`(://[^/\s:@"']*:)([^@\s"']+)(@)`)
	// opaque are long words of letters and digits mixed, as keys are made; digests of images are none.
	opaque    = regexp.MustCompile(`[A-Za-z0-9+/_=-]{24,}`)
	digest    = regexp.MustCompile(`(?:sha256:|sha512:|sha512-|sha1:|@)[0-9a-f]*$`)
	beginsKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)
)

// masks returns the lines with secrets masked. Of a Secret nothing is shown but its keys. inKey says that the lines
// begin within a private key.
func masks(lines []string, isSecret, inKey bool) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		switch {
		case beginsKey.MatchString(line):
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
		case beginsKey.MatchString(lines[i]):
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
	if !isValue.MatchString(lines[i]) {
		return false
	}
	for _, beside := range []int{i - 1, i + 1} {
		if beside >= 0 && beside < len(lines) && isName(lines[beside]) && named.MatchString(lines[beside]) {
			return true
		}
	}
	return false
}

var isValue = regexp.MustCompile(`^\s*(- )?\s*"?value"?:`)

func isName(line string) bool {
	return strings.Contains(line, "name:") || strings.Contains(line, `"name":`)
}

// maskSecret keeps the key of a line of a Secret, and the values that say what it is.
func maskSecret(line string) string {
	m := setting.FindStringSubmatch(line)
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

func maskLine(line string, isCredential bool) string {
	if m := setting.FindStringSubmatch(line); m != nil {
		key := strings.Trim(m[2], `"'`)
		secret := isCredential && key == "value" || credential.MatchString(key) && !harmlessKeys.MatchString(key)
		if secret && strings.TrimSpace(m[4]) != "" && !strings.HasPrefix(m[4], "{") && !strings.HasPrefix(m[4], "[") && !strings.HasPrefix(m[4], "|") {
			return m[1] + m[2] + m[3] + masked
		}
	}
	if isName(line) && named.MatchString(line) {
		line = inFlow.ReplaceAllString(line, "${1}"+masked)
	}
	line = userInfo.ReplaceAllString(line, "${1}"+masked+"${3}")
	line = maskPairs(line, assigned)
	line = maskPairs(line, flagged)
	line = maskPairs(line, inside)
	line = maskPairs(line, inJSON)
	return maskOpaque(line)
}

// maskPairs masks what follows a name that is a credential's.
func maskPairs(line string, pair *regexp.Regexp) string {
	return pair.ReplaceAllStringFunc(line, func(match string) string {
		m := pair.FindStringSubmatch(match)
		name := strings.Trim(m[1], "-\"': \t")
		if (!credential.MatchString(name) || harmlessKeys.MatchString(name)) && !strings.EqualFold(name, "basic") {
			return match
		}
		if strings.HasPrefix(m[3], `"`) {
			return m[1] + m[2] + `"` + masked + `"`
		}
		return m[1] + m[2] + masked
	})
}

func maskOpaque(line string) string {
	var b strings.Builder
	end := 0
	for _, at := range opaque.FindAllStringIndex(line, -1) {
		word := line[at[0]:at[1]]
		if !isOpaque(word) || digest.MatchString(line[:at[0]]) {
			continue
		}
		b.WriteString(line[end:at[0]] + masked)
		end = at[1]
	}
	return b.String() + line[end:]
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
