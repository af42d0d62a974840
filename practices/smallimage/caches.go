package smallimage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// cache is what a package manager leaves behind.
type cache struct {
	what     string
	paths    []string // where it is: removed there, or a mount there, and it is gone
	option   string   // with which it leaves nothing
	env      []string // variables that do the same
	clean    string   // the command that removes it
	fix      string
	severity practice.Severity
}

var caches = map[string]*cache{
	"apt-get": {what: "apt's package lists", paths: []string{"/var/lib/apt"}, fix: "end the same RUN with `&& rm -rf /var/lib/apt/lists/*`"},
	"apk":     {what: "apk's package index", paths: []string{"/var/cache/apk", "/etc/apk/cache"}, option: "--no-cache", fix: "write `apk add --no-cache`, and no `apk update`"},
	"dnf":     {what: "the package manager's metadata and cache", paths: []string{"/var/cache"}, clean: "clean", fix: "end the same RUN with `&& dnf clean all`"},
	"zypper":  {what: "zypper's cache", paths: []string{"/var/cache/zypp"}, clean: "clean", fix: "end the same RUN with `&& zypper clean --all`"},
	"pip":     {what: "pip's cache of downloads", paths: []string{"/root/.cache", "~/.cache", "$HOME/.cache"}, option: "--no-cache-dir", env: []string{"PIP_NO_CACHE_DIR"}, clean: "cache", fix: "write `pip install --no-cache-dir`, or mount a cache: RUN --mount=type=cache,target=/root/.cache/pip"},
	"uv":      {what: "uv's cache", paths: []string{"/root/.cache", "~/.cache", "$HOME/.cache"}, option: "--no-cache", env: []string{"UV_NO_CACHE", "UV_CACHE_DIR"}, clean: "cache", fix: "mount a cache: RUN --mount=type=cache,target=/root/.cache/uv"},
	"conda":   {what: "conda's package cache", paths: []string{"/opt/conda/pkgs"}, clean: "clean", fix: "end the same RUN with `&& conda clean --all --yes`"},
	"npm":     {what: "npm's cache of downloads", paths: []string{"/root/.npm", "~/.npm", "/.npm"}, clean: "cache", severity: practice.Info, fix: "mount a cache: RUN --mount=type=cache,target=/root/.npm, or end the same RUN with `&& npm cache clean --force`"},
	"yarn":    {what: "yarn's cache of downloads", paths: []string{"/usr/local/share/.cache", "~/.cache", "/root/.cache", "/root/.yarn"}, env: []string{"YARN_CACHE_FOLDER"}, clean: "cache", severity: practice.Info, fix: "mount a cache: RUN --mount=type=cache,target=/usr/local/share/.cache, or end the same RUN with `&& yarn cache clean`"},
}

// sameAs are package managers that keep their caches like others.
var sameAs = map[string]string{
	"apt": "apt-get", "aptitude": "apt-get", "yum": "dnf", "microdnf": "dnf", "tdnf": "dnf", "pip3": "pip", "mamba": "conda", "micromamba": "conda",
}

// judgeCaches tells of each package manager whose cache stays in the layer of a RUN, once.
func judgeCaches(p *practice.Pass, file *dockerfile.File, l layer) {
	told := map[string]bool{}
	for _, cmd := range l.commands {
		manager, fills := filling(cmd)
		c := caches[manager]
		if !fills || told[manager] || c.isGone(l, manager) {
			continue
		}
		told[manager] = true
		name, _ := cmd.Program()
		p.Report(practice.Note{
			At: practice.Line(file, l.Line), Severity: cmp.Or(c.severity, practice.Warning), Fix: c.fix,
			Message: fmt.Sprintf("%s stay in the layer of this RUN (%s)", plural(c.what), short(name, cmd)),
			Edits:   c.mend(file, l, manager, name),
		})
	}
	if cmd := withRecommended(l); cmd != nil {
		p.Report(practice.Note{
			At: practice.Line(file, l.Line), Severity: practice.Info, Message: "apt-get installs packages that are only recommended, too",
			Leads: "documentation, daemons and libraries come along that nothing in the image uses", Fix: "write `apt-get install --no-install-recommends`, and name what is needed of them",
		})
	}
}

// plural makes a cache's name fit the verb.
func plural(what string) string {
	if strings.HasSuffix(what, "lists") || strings.Contains(what, " and ") {
		return what
	}
	return "the files of " + what
}

func short(name string, cmd *shell.Command) string {
	_, args := cmd.Program()
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return name + " " + arg
		}
	}
	return name
}

// filling is the package manager whose cache a command fills.
func filling(cmd *shell.Command) (manager string, fills bool) {
	name, args := cmd.Program()
	if strings.HasPrefix(name, "python") && len(args) > 2 && args[0] == "-m" && args[1] == "pip" {
		name, args = "pip", args[2:]
	}
	if strings.HasPrefix(name, "pip3.") {
		name = "pip"
	}
	manager = cmp.Or(sameAs[name], name)
	if caches[manager] == nil {
		return "", false
	}
	action := ""
	if i := slices.IndexFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") }); i >= 0 {
		action = args[i]
	}
	switch manager {
	case "apt-get":
		return manager, slices.Contains(args, "update")
	case "apk":
		call := dockerfile.AsPackageCall(cmd)
		return manager, call != nil && slices.Contains([]string{"install", "update", "upgrade"}, call.Action) && !slices.Contains(args, "--no-network")
	case "dnf", "zypper":
		call := dockerfile.AsPackageCall(cmd)
		return manager, call != nil && slices.Contains([]string{"install", "update", "upgrade"}, call.Action)
	case "npm":
		return manager, (action == "ci" || action == "install" || action == "i") && !slices.Contains(args, "--package-lock-only")
	case "yarn":
		return manager, len(args) == 0 || action == "install" || action == "" && !slices.Contains(args, "--version") && !slices.Contains(args, "-v")
	case "uv":
		return manager, action == "pip" && slices.Contains(args, "install") || action == "sync"
	case "conda":
		return manager, action == "install" || action == "create" || action == "env"
	}
	return manager, action == "install"
}

// isGone says that the cache is not in the layer: an option or variable forbids it, a mount holds it, or the same RUN
// removes it after it was filled last.
func (c *cache) isGone(l layer, manager string) bool {
	if slices.ContainsFunc(c.env, func(name string) bool { return l.env[name] }) {
		return true
	}
	for line := range strings.Lines(l.Flags["mount"]) {
		for _, option := range strings.Split(strings.TrimSpace(line), ",") {
			key, target, _ := strings.Cut(option, "=")
			if (key == "target" || key == "dst" || key == "destination") && c.isAt(target) || manager != "apt-get" && key == "type" && target == "cache" {
				return true
			}
		}
	}
	isClean := true
	for _, cmd := range l.commands {
		if of, fills := filling(cmd); fills && of == manager {
			leavesNone := c.option != "" && slices.Contains(cmd.Words, c.option) || slices.ContainsFunc(cmd.Assignments, c.isSet)
			isClean = isClean && leavesNone
			continue
		}
		name, args := cmd.Program()
		switch {
		case name == "export" && slices.ContainsFunc(args, c.isSet):
			return true
		case (name == "rm" || name == "find") && slices.ContainsFunc(args, c.isAt),
			c.clean != "" && cmp.Or(sameAs[name], name) == manager && slices.Contains(args, c.clean):
			isClean = true
		}
	}
	return isClean
}

func (c *cache) isSet(pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	return slices.Contains(c.env, name)
}

// isAt says that a path is where the cache is, or above it.
func (c *cache) isAt(path string) bool {
	if before, inBraces, ok := strings.Cut(path, "{"); ok { // /var/lib/{apt,dpkg}/
		return slices.ContainsFunc(c.paths, func(at string) bool {
			rest, ok := strings.CutPrefix(at, before)
			first, _, _ := strings.Cut(rest, "/")
			return ok && strings.Contains(inBraces, first)
		})
	}
	path = strings.TrimRight(strings.TrimRight(path, "*"), "/")
	return path != "" && slices.ContainsFunc(c.paths, func(at string) bool {
		return strings.HasPrefix(path, at) || strings.HasPrefix(at, path+"/") || strings.HasSuffix(path, strings.TrimPrefix(at, "/root"))
	})
}

// withRecommended is an apt-get install that takes recommended packages too, or nil.
func withRecommended(l layer) *shell.Command {
	if strings.Contains(strings.ToLower(l.Text+l.Heredoc), "apt::install-recommends") || strings.Contains(l.Script(), "01norecommend") {
		return nil
	}
	for _, cmd := range l.commands {
		call := dockerfile.AsPackageCall(cmd)
		if call != nil && (call.Manager == "apt-get" || call.Manager == "apt") && call.Action == "install" && len(call.Packages) > 0 &&
			!slices.Contains(call.Options, "--no-install-recommends") {
			return cmd
		}
	}
	return nil
}
