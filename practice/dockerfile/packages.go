package dockerfile

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice/shell"
)

// PackageCall is a call of a distribution's package manager.
type PackageCall struct {
	Manager  string // "apt-get", "apk", "dnf", …
	Action   string // "install", "remove", "update", "clean", "upgrade", "" for others
	Packages []string
	Options  []string
	Command  *shell.Command
}

var managers = []string{"apt-get", "apt", "aptitude", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pacman"}

var actions = map[string]string{
	"install": "install", "add": "install", "in": "install", "-S": "install", "-Sy": "install", "-Syu": "install", "groupinstall": "install", "reinstall": "install",
	"remove": "remove", "purge": "remove", "autoremove": "remove", "autopurge": "remove", "del": "remove", "erase": "remove", "groupremove": "remove", "rm": "remove",
	"-R": "remove", "-Rns": "remove", "-Rs": "remove", "history": "remove",
	"update": "update", "makecache": "update", "refresh": "update", "upgrade": "upgrade", "dist-upgrade": "upgrade", "full-upgrade": "upgrade",
	"patch": "upgrade", "up": "upgrade", "dup": "upgrade",
	"clean": "clean", "autoclean": "clean", "-Scc": "clean", "-Sc": "clean",
}

// AsPackageCall reads a command as a call of a package manager; nil if it is none.
func AsPackageCall(c *shell.Command) *PackageCall {
	name, args := c.Program()
	if !slices.Contains(managers, name) {
		return nil
	}
	call := &PackageCall{Manager: name, Command: c}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case call.Action == "" && actions[arg] != "":
			call.Action = actions[arg]
		case strings.HasPrefix(arg, "-"):
			call.Options = append(call.Options, arg)
			if slices.Contains([]string{"-t", "--virtual", "-o", "--repository", "-X", "-p", "--target-release"}, arg) && i+1 < len(args) {
				i++
				call.Options = append(call.Options, args[i])
			}
		case call.Action != "":
			call.Packages = append(call.Packages, arg)
		}
	}
	return call
}
