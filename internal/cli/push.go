package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// commitFlags are those of commands that commit.
type commitFlags struct {
	signingKey  string
	dryRun, yes bool
}

func (f *commitFlags) add(cmd *cobra.Command, dryRun string) {
	cmd.Flags().StringVar(&f.signingKey, "signing-key", "", "sign with the SSH or OpenPGP key in `FILE`")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, dryRun)
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "don't ask")
}

// pushing says how a Proposal that was shown is pushed.
type pushing struct {
	commitFlags
	ask string
}

// push commits and pushes what was shown, once there is a yes; with --dry-run it writes nothing.
func (a *app) push(ctx context.Context, p *operate.Proposal, how pushing) (made source.Revision, err error) {
	if how.dryRun {
		fmt.Fprintf(a.err, "%s would change; nothing is written\n", plural(len(p.Changes), "file"))
		return made, nil
	}
	var by operate.Author
	if by.Name, by.Email, err = source.Person(ctx); err != nil {
		return made, err
	}
	if by.Signer, err = signerIn(how.signingKey); err != nil {
		return made, err
	}
	if err := a.confirm(how.ask, how.yes); err != nil {
		return made, err
	}
	if made, err = p.Push(ctx, by); err != nil {
		return made, err
	}
	fmt.Fprintf(a.out, "%s pushed %s to %s: %s\n", a.style.good.Render("✓"), made.Short(), made.Ref, harmless(made.Subject()))
	return made, nil
}

// deliver pushes what was shown to the branch that is followed, and has it delivered.
func (s *site) deliver(ctx context.Context, a *app, app *v1alpha1.Application, p *operate.Proposal, flags commitFlags, timeout time.Duration) error {
	_, err := a.push(ctx, p, pushing{flags, fmt.Sprintf("Commit this to %s and deliver it?", p.Repo.URL())})
	if err != nil && !errors.Is(err, source.ErrNothingToCommit) || flags.dryRun {
		return err
	}
	return a.syncNow(ctx, s.API, app, timeout)
}

// printFileChanges shows what files become.
func (a *app) printFileChanges(changes []update.Change) {
	p := planPrinter{app: a, to: a.out}
	for _, c := range changes {
		fmt.Fprintln(a.out)
		note := ""
		if c.After == nil {
			note = a.style.dim.Render("  is removed")
		}
		fmt.Fprintln(a.out, a.style.bold.Render(harmless(c.Path))+note)
		p.painted("  ", differing(textLines(c.Before), textLines(c.After), contextLines))
	}
	if len(changes) > 0 {
		fmt.Fprintln(a.out)
	}
}

func textLines(text []byte) []string {
	if text == nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// signerIn reads the key in the file of --signing-key; nil for "".
func signerIn(file string) (*signature.Signer, error) {
	if file == "" {
		return nil, nil
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	signer, err := signature.ParseSigner(key)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	return signer, nil
}
