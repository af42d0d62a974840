package oneprocesspercontainer

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// asList is the edit that writes a start as a list, where the shell has nothing to do but to start the program. It goes
// without beside another part of the start: a shell form stands alone, and of lists ENTRYPOINT gets what CMD says.
func asList(s *practice.Start) []practice.Edit {
	in := s.Instruction
	if in == nil || s.FromFile || len(in.Lines) != 1 || len(s.Script.Commands) != 1 || s.Stage.Last("SHELL") != nil ||
		slices.ContainsFunc([]string{"CMD", "ENTRYPOINT"}, func(keyword string) bool { return keyword != in.Keyword && s.Stage.Last(keyword) != nil }) {
		return nil
	}
	cmd := s.Script.Commands[0]
	if len(cmd.Assignments)+len(cmd.Redirects) > 0 || cmd.Block != nil || strings.ContainsAny(s.Text, "$`*?[]{}~#;&|<>()!'\"\\\\") {
		return nil
	}
	words := make([]string, len(cmd.Words))
	for i, word := range cmd.Words {
		quoted, err := json.Marshal(word)
		if err != nil {
			return nil
		}
		words[i] = string(quoted)
	}
	return []practice.Edit{{First: in.Line, Last: in.Line, Text: []string{in.Text[:len(in.Keyword)] + " [" + strings.Join(words, ", ") + "]"}}}
}
