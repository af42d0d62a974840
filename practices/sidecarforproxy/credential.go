package sidecarforproxy

import (
	"math"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/internal/reference"
)

// credential says what secret a named value is, by its name or its looks; "" if none. It never returns the value.
func credential(name, value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		return ""
	}
	what := looks(name, value)
	if what == "" && namesSecret(name) && !namesElse(name, value) {
		what = "a credential"
	}
	switch {
	case what != "" && isStandIn(value):
		return ""
	case what == "" && strings.ContainsAny(value, " \t"):
		_, what = inWord(value, "")
	}
	return what
}

// inWord looks at one word of a command, which may be a whole shell script, and the word after it.
func inWord(word, next string) (name, what string) {
	if strings.ContainsAny(word, " \t\n") {
		return inScript(strings.Fields(word))
	}
	flag, value, hasValue := strings.Cut(word, "=")
	switch {
	case hasValue && strings.Contains(value, "=") && credential(inner(value)) != "": // --from-literal=password=…
		flag, value = inner(value)
	case !hasValue && strings.HasPrefix(word, "-") && !strings.HasPrefix(next, "-"):
		value = next
	case !hasValue:
		if what := looks("", unquoted(word)); what != "" && !isStandIn(word) {
			return "", what
		}
		return "", ""
	}
	flag = strings.TrimLeft(flag, "-")
	if strings.ContainsAny(value, " \t\n") { // of a flag whose value is a sentence or script: it is looked at by itself
		return "", ""
	}
	return flag, credential(flag, unquoted(value))
}

func inner(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	return name, unquoted(value)
}

// mysqls take a password after -p, without a space.
var mysqls = []string{"mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-dump"}

func inScript(words []string) (name, what string) {
	program := ""
	for i, word := range words {
		word = unquoted(word)
		next := ""
		if i+1 < len(words) {
			next = unquoted(words[i+1])
		}
		password := ""
		switch {
		case slices.Contains(mysqls, path.Base(word)) || path.Base(word) == "curl":
			program = path.Base(word)
		case strings.EqualFold(word, "bearer") && len(next) >= 16:
			name, password = "Authorization: Bearer", next
		case program == "curl" && (word == "-u" || word == "--user"):
			name = word
			_, password, _ = strings.Cut(next, ":")
		case slices.Contains(mysqls, program) && strings.HasPrefix(word, "-p"):
			name, password = "-p", unquoted(word[2:])
		case strings.ContainsAny(word, "|;&"):
			program = ""
		}
		if password != "" && !isStandIn(password) {
			return name, "a credential"
		}
		if name, what := inWord(word, next); what != "" {
			return name, what
		}
	}
	return "", ""
}

func unquoted(s string) string { return strings.Trim(s, `"',()`+"`;") }

// endings of names that hold a secret, and those that do in any word's end: PGPASSWORD.
var (
	endings = []string{"pass", "passphrase", "pw", "secret", "token", "credential", "credentials", "requirepass", "masterauth", "storepass", "keypass"}
	tails   = []string{"password", "passwd", "apikey", "secretkey"}
	keys    = []string{"api", "secret", "private", "encryption", "master", "signing", "account", "auth", "license", "jwt", "hmac", "cookie", "session", "ssh"}
)

// namesSecret says whether a name is one that people give to a secret. What only names a file, a URL or a length of
// one ends otherwise.
func namesSecret(name string) bool {
	words := reference.Words(name)
	if len(words) == 0 || slices.Contains(words, "public") || slices.Contains(words, "publishable") {
		return false
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	switch {
	case slices.Contains(endings, last):
		return true
	case last == "pwd": // alone it is the working directory
		return len(before) > 0
	case last == "key":
		return slices.ContainsFunc(before, func(w string) bool { return slices.Contains(keys, w) })
	case last == "base":
		return slices.Equal(words[max(0, len(words)-3):], []string{"secret", "key", "base"})
	}
	return slices.ContainsFunc(tails, func(tail string) bool { return strings.HasSuffix(last, tail) })
}

// switches are values that turn something on or off.
var switches = []string{"true", "false", "yes", "no", "on", "off", "none", "null", "nil", "enabled", "disabled", "required", "optional", "auto", "default"}

// measures are words in the name of a secret's measure or rule, holders in that of the Secret or file that holds it.
var (
	measures = []string{"min", "max", "length", "count", "allow"}
	holders  = []string{"pull", "tls", "image", "ca", "cert", "certificate", "initial"}
)

// namesElse says that the value is not the secret that the name speaks of: a switch, a file, a number, another name.
func namesElse(name, value string) bool {
	words := reference.Words(name)
	isPassword := slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, "pass") || w == "pwd" })
	switch {
	case slices.Contains(switches, strings.ToLower(value)):
		return true
	case slices.ContainsFunc(words, func(w string) bool { return slices.Contains(measures, w) || !isPassword && slices.Contains(holders, w) }):
		return true
	case !isPassword && strings.Trim(value, "0123456789.") == "":
		return true // a number of tokens, an index of a key
	case strings.Contains(value, "://"):
		return true // an address: with a password in it, its looks have told
	}
	return isFile(value)
}

func isFile(value string) bool {
	if strings.HasPrefix(value, "/") || strings.HasPrefix(value, "./") || strings.HasPrefix(value, "~/") {
		return true
	}
	return slices.Contains([]string{".key", ".pem", ".json", ".txt", ".crt", ".yaml", ".yml", ".jks", ".p12"}, path.Ext(value))
}

// elsewhere are how people write that a value is kept in a store of secrets, or encrypted where it stands.
var elsewhere = []string{"vault:", "ref+", "op://", "arn:aws:", "secretref:", "sm://", "awssm:", "gcpsm:", "gcp:", "@microsoft.keyvault", "secretsmanager:", "enc[", "projects/", "file:", "env:", "ssm:"}

// isStandIn says that a value stands for another that is put in its place later.
func isStandIn(value string) bool {
	lower := strings.ToLower(value)
	for _, mark := range []string{"$", "{{", "}}", "<", "%(", "__", "***"} {
		if strings.HasPrefix(lower, mark) || mark != "$" && mark != "<" && strings.Contains(lower, mark) {
			return true
		}
	}
	if strings.Contains(lower, "$(") || strings.Contains(lower, "${") {
		return looks("", value) == ""
	}
	for _, prefix := range elsewhere {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	for _, prefix := range []string{"your", "replace", "redacted", "placeholder", "insert", "todo", "my-secret-here"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	isName := strings.Contains(value, "_") && strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
	return isName || strings.Trim(lower, "x.*-") == ""
}

// shapes of credentials that say what they are, by prefix and least length.
var shapes = []struct {
	prefix string
	least  int
	what   string
}{
	{"AKIA", 20, "an AWS access key"}, {"ASIA", 20, "an AWS access key"},
	{"ghp_", 36, "a GitHub token"}, {"gho_", 36, "a GitHub token"}, {"ghs_", 36, "a GitHub token"}, {"github_pat_", 40, "a GitHub token"},
	{"glpat-", 20, "a GitLab token"}, {"xoxb-", 24, "a Slack token"}, {"xoxp-", 24, "a Slack token"}, {"xapp-", 24, "a Slack token"},
	{"sk_live_", 20, "a Stripe key"}, {"rk_live_", 20, "a Stripe key"}, {"AIza", 35, "a Google API key"}, {"SG.", 40, "a SendGrid key"},
	{"npm_", 36, "an npm token"}, {"hvs.", 24, "a Vault token"}, {"dop_v1_", 40, "a DigitalOcean token"}, {"sk-ant-", 40, "an API key"},
	{"pypi-", 40, "a PyPI token"}, {"dckr_pat_", 24, "a Docker token"}, {"AGE-SECRET-KEY-", 40, "an age key"},
}

// looks says what a value must be, whatever its name is.
func looks(name, value string) string {
	if strings.Contains(value, "PRIVATE KEY-----") {
		return "a private key"
	}
	for _, s := range shapes {
		if strings.HasPrefix(value, s.prefix) && len(value) >= s.least && !strings.ContainsAny(value, " /:") {
			return s.what
		}
	}
	switch {
	case strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2 && len(value) > 60:
		return "a signed token"
	case hasPasswordInAddress(value):
		return "a password in an address"
	case hasPasswordInPairs(value):
		return "a password in a connection string"
	case isRandom(value) && !isMark(name):
		return "what looks like a key"
	}
	return ""
}

// hasPasswordInAddress finds scheme://user:password@host, and user:password@tcp(host) of Go's MySQL driver.
func hasPasswordInAddress(value string) bool {
	for rest := value; ; {
		_, after, found := strings.Cut(rest, "://")
		if !found {
			break
		}
		rest = after
		authority, _, _ := strings.Cut(after, "/")
		if at := strings.LastIndex(authority, "@"); at >= 0 && hasPassword(authority[:at]) {
			return true
		}
	}
	user, _, found := strings.Cut(value, "@tcp(")
	return found && hasPassword(user)
}

func hasPassword(userinfo string) bool {
	_, password, found := strings.Cut(userinfo, ":")
	return found && password != "" && !isStandIn(password) && !strings.ContainsAny(password, " $")
}

// hasPasswordInPairs finds Server=db;Password=…; of ADO.NET, libpq and the cloud's storage accounts.
func hasPasswordInPairs(value string) bool {
	if !strings.ContainsAny(value, ";& ") {
		return false
	}
	for _, pair := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == '&' || r == ' ' || r == '?' }) {
		key, password, found := strings.Cut(pair, "=")
		key = strings.ToLower(strings.TrimLeft(key, "-"))
		switch key {
		case "password", "pwd", "accountkey", "sharedaccesskey":
			if found && password != "" && !isStandIn(unquoted(password)) && strings.Contains(value, "=") {
				return true
			}
		}
	}
	return false
}

// marks are words in the names of values that are random and no secret.
var marks = []string{"hash", "digest", "checksum", "sha", "sha256", "commit", "revision", "version", "id", "uuid", "public", "cert", "certificate", "ca", "image",
	"fingerprint", "thumbprint", "url", "host", "path", "class", "etag", "nonce", "salt", "dsn"}

func isMark(name string) bool {
	return slices.ContainsFunc(reference.Words(name), func(w string) bool { return slices.Contains(marks, w) })
}

// isRandom says whether a value is of one piece that nobody thought up: long, of capitals, small letters and digits
// all mixed. Digests, commits and UUIDs have no capitals; names and paths have few digits and many separators.
func isRandom(value string) bool {
	const least = 24
	if len(value) < least || len(value) > 512 || strings.ContainsAny(value, " :,@{}()<>$") {
		return false
	}
	pieces := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("-_./=", r) })
	longest := slices.MaxFunc(append(pieces, ""), func(a, b string) int { return len(a) - len(b) })
	if len(longest) < least*3/4 {
		return false
	}
	var upper, lower, digits, turns int
	var before rune
	class := func(r rune) rune {
		switch {
		case unicode.IsUpper(r):
			return 'A'
		case unicode.IsLower(r):
			return 'a'
		}
		return '0'
	}
	for _, r := range longest {
		switch class(r) {
		case 'A':
			upper++
		case 'a':
			lower++
		default:
			digits++
		}
		if c := class(r); c != before {
			turns++
			before = c
		}
	}
	return upper >= 3 && lower >= 3 && digits >= 2 && turns*3 >= len(longest) && entropy(longest) >= 3.7
}

// entropy in bits a character, as Shannon counts it.
func entropy(s string) float64 {
	counts := map[rune]float64{}
	for _, r := range s {
		counts[r]++
	}
	var bits float64
	for _, n := range counts {
		share := n / float64(len(s))
		bits -= share * math.Log2(share)
	}
	return bits
}
