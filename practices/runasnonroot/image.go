package runasnonroot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// judgeImage finds images whose processes are root unless somebody says otherwise when they run.
func judgeImage(p *practice.Pass, file *dockerfile.File) {
	final := file.Final()
	if final == nil || file.IsForWork() {
		return
	}
	base := final.Root()
	if isWindows(base.Base) {
		return
	}
	set := final.Last("USER")
	if set == nil {
		if !base.Unresolved && startsAsRoot(base.Base) {
			p.Report(noUser(file, final, base))
		}
		return
	}
	name, _, _ := strings.Cut(strings.Join(set.Args, " "), ":")
	number, err := strconv.Atoi(name)
	at := practice.Line(file, set.Line)
	switch {
	case name == "" || strings.Contains(name, "$"): // only the build knows
	case name == "root" || err == nil && number == 0:
		p.Report(practice.Note{At: at, Message: fmt.Sprintf("the image runs as root: its last USER is %s", name),
			Fix: "go back to another user, by its number, after what needs root: USER 10001"})
	case err != nil:
		p.Report(practice.Note{
			At: at, Severity: practice.Warning,
			Message: fmt.Sprintf("the image's user %q is a name", name),
			Leads:   "the kubelet can't tell that it isn't root: with runAsNonRoot: true it refuses to start the container",
			Fix:     fmt.Sprintf("write its number: USER %s", numberOf(final, name)),
			Edits:   byNumber(set, knownNumber(final, name)),
		})
	}
}

// noUser tells of an image that says nothing, and how far that is from running as root.
func noUser(file *dockerfile.File, final, base *dockerfile.Stage) practice.Note {
	n := practice.Note{
		At:      practice.Line(file, final.Line),
		Message: fmt.Sprintf("the image runs as root: it has no USER, and %s sets none", base.Base),
		Fix:     "make a user and end with its number, as in USER 10001",
		Edits:   become(final),
	}
	switch by := switcher(final); {
	case base.Base == "scratch":
		n.Fix = "end with a user's number, as in USER 10001: it needs no entry in /etc/passwd"
	case by != "":
		n.Severity = practice.Warning
		n.Message = fmt.Sprintf("the image starts as root, and has %s for its entrypoint to become another user", by)
		n.Leads = "with runAsNonRoot: true the kubelet refuses to start the container, and what goes wrong before the switch goes wrong as root"
		n.Fix = "end with the user's number, as in USER 10001, and let the entrypoint start the program without " + by
		n.Edits = nil
	}
	return n
}

// switchers are programs with which an entrypoint becomes another user.
var switchers = []string{"gosu", "su-exec", "setpriv"}

// switcher is the one that an image with an entrypoint installs, or "".
func switcher(final *dockerfile.Stage) string {
	if final.Last("ENTRYPOINT") == nil {
		return ""
	}
	for s := final; s != nil; s = s.Stage {
		for _, in := range s.Instructions {
			for _, word := range strings.Fields(in.Text + " " + in.Heredoc) {
				if in.Keyword == "RUN" && slices.Contains(switchers, word) {
					return word
				}
			}
		}
	}
	return ""
}

// withUser are Docker's official images that set a user; all others start as root.
var withUser = map[string]bool{
	"adminer": true, "elasticsearch": true, "emqx": true, "haproxy": true, "hitch": true, "kibana": true, "kong": true, "liquibase": true,
	"logstash": true, "memcached": true, "odoo": true, "open-liberty": true, "percona": true, "rocket.chat": true, "solr": true,
	"sonarqube": true, "spark": true, "varnish": true, "websphere-liberty": true,
}

// startsAsRoot says that an image is known to set no user. Of an image that isn't known it is false.
func startsAsRoot(name string) bool {
	image := dockerfile.ParseImage(name)
	if official := image.Official(); official != "" {
		return !withUser[official]
	}
	switch at := image.Host + "/" + image.Path; {
	case strings.HasPrefix(at, "gcr.io/distroless/"):
		return !strings.Contains(image.Tag, "nonroot")
	case strings.HasPrefix(at, "mcr.microsoft.com/dotnet/"):
		return !strings.Contains(image.Tag, "chiseled") && !strings.Contains(image.Tag, "distroless")
	case image.Host == "registry.access.redhat.com":
		return strings.HasPrefix(image.Path[strings.LastIndex(image.Path, "/")+1:], "ubi") // its language images set user 1001
	case strings.HasPrefix(at, "docker.io/nvidia/cuda"), strings.HasPrefix(at, "docker.io/amazon/aws-"), strings.HasPrefix(at, "registry.suse.com/bci/"):
		return true
	}
	return false
}

func isWindows(name string) bool {
	image := dockerfile.ParseImage(name)
	return image.Host == "mcr.microsoft.com" && strings.HasPrefix(image.Path, "windows") ||
		strings.Contains(image.Tag, "windowsservercore") || strings.Contains(image.Tag, "nanoserver")
}

// usual are the numbers of users that well-known images bring.
var usual = map[string]string{"node": "1000", "nobody": "65534", "nonroot": "65532", "www-data": "33", "nginx": "101"}

// numberOf is the number of a user as the stage makes it, or the one it usually has, or one to choose.
func numberOf(s *dockerfile.Stage, name string) string {
	base := s.Root()
	number := usual[name]
	switch known := knownNumber(s, name); {
	case known != "":
		return known
	case number != "" && base.Unresolved:
		return fmt.Sprintf("N, as `id -u %s` prints it in a container of the image", name)
	case name == "www-data" && strings.Contains(base.Base, "alpine"):
		return "82"
	case number != "":
		return number
	}
	return "10001, and make the user with that number"
}

// hasUsual are the base images that are known to have a user with its usual number.
var hasUsual = map[string][]string{"node": {"node"}, "nginx": {"nginx"}, "nobody": {"alpine", "debian", "ubuntu"}}

// knownNumber is the number of a user that the stage makes or its base image has, "" if nobody can say.
func knownNumber(s *dockerfile.Stage, name string) string {
	image := dockerfile.ParseImage(s.Root().Base)
	for ; s != nil; s = s.Stage {
		for _, in := range s.Instructions {
			if number := made(in.Text+" "+in.Heredoc, name); in.Keyword == "RUN" && number != "" {
				return number
			}
		}
	}
	if slices.Contains(hasUsual[name], image.Official()) || name == "nonroot" && image.Host == "gcr.io" && strings.HasPrefix(image.Path, "distroless/") {
		return usual[name]
	}
	return ""
}

// made is the number that a command makes a user with: "useradd -u 10001 app".
func made(command, name string) string {
	words := strings.FieldsFunc(command, func(r rune) bool { return strings.ContainsRune(" \t\r\n=\\", r) })
	number, isName, makes := "", false, false
	for i, word := range words {
		switch word {
		case "useradd", "adduser":
			number, isName, makes = "", false, true
		case "&&", "||", ";", "|":
			if makes && isName && number != "" {
				return number
			}
			makes = false
		case "-u", "--uid":
			if i+1 < len(words) {
				number = words[i+1]
			}
		default:
			isName = isName || strings.TrimRight(word, ";") == name
		}
	}
	if _, err := strconv.Atoi(number); err == nil && makes && isName {
		return number
	}
	return ""
}
