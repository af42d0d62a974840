package recoverable

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/reference"
)

// class is what a value of a Secret is.
type class int

const (
	nothing   class = iota
	secret          // that whoever reads it has
	wellKnown       // that everybody has
)

// classify looks at one value. literal is the part of it that makes it what it is.
func classify(key, text string) (is class, literal string) {
	text = strings.TrimSpace(text)
	words := reference.Words(key)
	switch {
	case text == "" || isStandIn(text) || isSwitch(text):
		return nothing, ""
	case strings.Contains(text, "PRIVATE KEY-----"):
		return secret, firstLine(text)
	case strings.HasPrefix(text, "-----BEGIN ") || isHash(text) || isPublic(words, key):
		return nothing, ""
	case strings.HasPrefix(key, ".docker"):
		return inFile(strings.NewReplacer("{", "\n", "}", "\n", ",", "\n").Replace(text))
	case strings.Contains(text, "\n") || isFile(key):
		return inFile(text)
	case strings.Contains(text, "://"):
		return inAddress(text)
	case isKnown(text) && namesIt(words):
		return wellKnown, text
	case namesIt(words) || isRandom(text) || !utf8.ValidString(text):
		return secret, text
	}
	return nothing, "" // a setting that lies beside the secrets
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// public are last words of keys whose values people put beside a secret and that are none.
var public = strings.Fields("user username usernames login name fullname host hostname hosts address addr port db database dbname endpoint region zone bucket email mail from " +
	"type schema namespace project id account server realm domain issuer enabled mode level path dir directory version format engine driver crt cert pub ca group role scope " +
	"scopes organization org tenant environment env cluster prefix timeout size")

func isPublic(words []string, key string) bool {
	if len(words) == 0 || strings.HasSuffix(key, "known_hosts") || strings.Contains(key, "truststore") {
		return true
	}
	last := strings.TrimPrefix(words[len(words)-1], "pg") // PGHOST, PGUSER
	return slices.Contains(public, last) || strings.HasSuffix(last, "name") || slices.Contains(words, "username")
}

// namesIt says that a key of a Secret names what is secret in it. What only names a file or an account is public.
func namesIt(words []string) bool {
	last := words[len(words)-1]
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(endings, w) || slices.Contains(others, w) }) ||
		slices.ContainsFunc([]string{"password", "key", "token", "secret"}, func(end string) bool { return strings.HasSuffix(last, end) })
}

// others are words of the keys of Secrets that mean something else in other files.
var others = strings.Fields("key salt seed jwt cookie webhook dsn keystore")

// isRandom says that nobody thought a value up: hex digits, or capitals, small letters and digits mixed.
func isRandom(text string) bool {
	isHex := len(text) >= 20 && strings.Trim(text, "0123456789abcdef-") == ""
	has := func(set string) bool { return strings.ContainsAny(text, set) }
	isMixed := has("0123456789") && has("abcdefghijklmnopqrstuvwxyz") && has("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return isHex || len(text) >= 16 && isMixed && !has(" .,:")
}

// isHash says that a value is what a password was turned into, as web servers want it.
func isHash(text string) bool {
	return slices.ContainsFunc([]string{"$apr1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$argon2", "{SHA}", "{SSHA}", "pbkdf2"}, func(mark string) bool {
		return strings.Contains(text, mark)
	})
}

func isFile(key string) bool {
	return slices.Contains(strings.Fields(".yaml .yml .json .conf .cfg .ini .properties .xml .toml .env .sql .sh .py .php .lua .hcl .config .js .txt"), path.Ext(key))
}

// endings are last words of the names of settings that hold a secret.
var endings = strings.Fields("password passwd pass pwd passphrase token secret apikey secretkey auth authtoken requirepass masterauth credentials")

// holders are words before "key" where that is a secret one.
var holders = strings.Fields("api secret access private encryption master license auth signing account")

func namesSecret(name string) bool {
	words := reference.Words(name)
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if last == "key" {
		return len(words) > 1 && slices.Contains(holders, words[len(words)-2])
	}
	return slices.Contains(endings, last) || strings.HasSuffix(last, "password")
}

// inFile looks for settings that hold a secret in a file of another format, line by line: "password: x", "token = x".
func inFile(text string) (is class, literal string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, ";") {
			continue
		}
		if is, literal := inAddress(line); is != nothing {
			return is, literal
		}
		at := strings.IndexAny(line, ":=")
		if at < 0 {
			continue
		}
		value := strings.Trim(line[at+1:], "\"'`,;= \t")
		if len(value) < 4 || !namesSecret(line[:at]) || isStandIn(value) || isSwitch(value) || strings.ContainsAny(value, " {[/") {
			continue
		}
		if isKnown(value) {
			is, literal = wellKnown, value
			continue
		}
		return secret, value
	}
	return is, literal
}

// inAddress looks for a password in scheme://user:password@host, and for addresses that are secrets themselves.
func inAddress(text string) (is class, literal string) {
	_, rest, found := strings.Cut(text, "://")
	if !found {
		return nothing, ""
	}
	if strings.HasPrefix(rest, "hooks.slack.com/services/") || strings.HasPrefix(rest, "discord.com/api/webhooks/") {
		if isStandIn(path.Base(rest)) {
			return nothing, ""
		}
		return secret, rest
	}
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return nothing, ""
	}
	_, password, _ := strings.Cut(authority[:at], ":")
	switch {
	case password == "" || isStandIn(password):
		return nothing, ""
	case isKnown(password):
		return wellKnown, password
	}
	return secret, password
}

// stores are how people write that a value is kept elsewhere or encrypted as it stands.
var stores = strings.Fields("enc[ vault: ref+ op:// arn:aws: secretref: sm:// awssm: gcpsm: @microsoft.keyvault projects/ file: env: ssm:")

// standIns are what values begin with that people are to replace.
var standIns = strings.Fields("replace your redacted placeholder insert todo tbd dummy fake xxx *** ... example my-secret-here base64")

// isStandIn says that a value stands for another that is put in its place later.
func isStandIn(text string) bool {
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, prefix := range slices.Concat(stores, standIns, []string{"$", "<", "__", "{{"}) {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	for _, mark := range []string{"${", "{{", "$(", "%(", "<path:"} {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	isName := strings.Contains(text, "_") && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
	return isName || strings.Trim(lower, "x.*- ") == ""
}

func isSwitch(text string) bool {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "0", "1", "{}", "[]", `""`, "''":
		return true
	}
	return false
}

// defaults are the passwords of examples and of software as it comes.
var defaults = strings.Fields("changeme change-me change_me changeit changethis changeme123 password passw0rd password1 password123 p@ssw0rd pass pwd secret supersecret topsecret " +
	"mysecretpassword my-secret-pw secretpassword admin admin123 administrator root toor test test123 testing user guest default demo 1234 12345 123456 12345678 123456789 qwerty " +
	"letmein postgres mysql mongo redis rabbitmq minio minioadmin minio123 grafana prom-operator elastic kibana foobar foo bar welcome")

func isKnown(text string) bool { return slices.Contains(defaults, strings.ToLower(text)) }
