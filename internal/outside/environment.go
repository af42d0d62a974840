package outside

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// environment is all that the program gets to see: nothing of this process's own but where programs are.
func (r run) environment() []string {
	env := []string{}
	for name, value := range r.job.Environment {
		env = append(env, name+"="+value)
	}
	for name, value := range r.own() {
		env = append(env, name+"="+value)
	}
	return env
}

// own are the variables that are set for every program, and that nobody else may set.
func (r run) own() map[string]string {
	return map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": r.room.home(), "TMPDIR": r.room.temporary(), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",

		"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", // asks nobody for news of itself
		"TF_DATA_DIR": r.room.data(), "TF_PLUGIN_CACHE_DIR": r.room.providers(), // a .terraform in git doesn't count

		// What is parsed is the default callback's output; and no differences, which may be secret.
		"ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0",
		"ANSIBLE_CHECK_MODE_MARKERS": "0", "ANSIBLE_SHOW_PER_HOST_START": "0", "ANSIBLE_DISPLAY_FAILED_STDERR": "0", "ANSIBLE_DISPLAY_OK_HOSTS": "1",
		"ANSIBLE_DIFF_ALWAYS": "0", "ANSIBLE_VERBOSITY": "0", "ANSIBLE_DEBUG": "0", "ANSIBLE_LOG_PATH": "", "ANSIBLE_RETRY_FILES_ENABLED": "0",
	}
}

// refused are variables that would have another program run, or this one do or print something else. (Whoever can write the
// directory can have that anyway: this is against mistakes.)
var refused = pattern.New(`^((LD|DYLD)_.*|PYTHON.*|BASH_ENV|ENV|SHELLOPTS|IFS|TF_(CLI_ARGS|LOG).*|TF_REATTACH_PROVIDERS|TF_WORKSPACE)$`)

var variable = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

func checkEnvironment(env map[string]string) error {
	own := run{room: &room{}}.own()
	for _, name := range slices.Sorted(maps.Keys(env)) {
		_, isOwn := own[name]
		switch {
		case !variable().MatchString(name):
			return hint.With(fmt.Errorf("environment: %q is no name of a variable", name), "use letters, digits and _ for the keys of the Secret")
		case isOwn || refused().MatchString(name):
			return hint.With(fmt.Errorf("environment: %s is not for a Secret to set", name), "take the key out of the Secret")
		case strings.ContainsRune(env[name], 0):
			return hint.With(fmt.Errorf("environment: the value of %s has a zero byte", name), "encode it as text")
		}
	}
	return nil
}

// masks are the values that no text may hold, the longest first.
type masks []string

// shortest values that are struck: what is shorter is a word like "true", and no secret.
const shortest = 4

func masksOf(env map[string]string) masks {
	var all masks
	for _, value := range env {
		all = append(all, value)
		for line := range strings.Lines(value) { // of a key, say: who prints it may print a part
			all = append(all, strings.TrimSpace(line))
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < shortest })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// mostText of what is told of one thing, in bytes.
const mostText = 300

// strike is a text of the program without secrets, on one line, and of a size to tell.
func (m masks) strike(text string) string {
	for _, secret := range m {
		text = strings.ReplaceAll(text, secret, "***")
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + "…"
	}
	return text
}
