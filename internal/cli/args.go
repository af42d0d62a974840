package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// oneArgument demands the argument that the command's usage line names.
func oneArgument(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return hint.With(fmt.Errorf("%s: an argument is missing", c.CommandPath()), "give it: "+c.Parent().CommandPath()+" "+c.Use)
	}
	return atMost(1)(c, args)
}

// atMost takes up to n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return hint.With(fmt.Errorf("%s: one argument too many: %s", c.CommandPath(), args[n]), "use it as: "+c.Parent().CommandPath()+" "+c.Use)
	}
}

// knownCommand is for the root: what is left over there should have been a command.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	next := "see them all with: fairlead --help"
	root.SuggestionsMinimumDistance = 2
	if similar := root.SuggestionsFor(args[0]); len(similar) > 0 {
		next = "did you mean: fairlead " + strings.Join(hint.Nearest(args[0], similar), ", fairlead ")
	}
	return hint.With(fmt.Errorf("there is no command %q", args[0]), next)
}

// flagError says in one line what is wrong with a flag.
func flagError(c *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = fmt.Errorf("--%s: %q is not a value for it (%s)", bad.GetFlag().Name, bad.GetValue(), bad.GetFlag().Value.Type())
	}
	return hint.With(err, "see: "+c.CommandPath()+" --help")
}
