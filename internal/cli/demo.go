package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/demo"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func (a *app) demo() *cobra.Command {
	var check bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "A cluster, a config repository and Fairlead on this machine, now",
		Long: `Start a real Kubernetes control plane with 13 simulated nodes, a git server with
a config repository of 72 Deployments, and Fairlead, which delivers it.
Everything is on this machine only, never touches your own clusters or
kubeconfig, and is removed on Ctrl-C.

The first time, the control plane is built from source: about 6 minutes on two
cores.`,
		Example: "  fairlead demo\n  fairlead demo --check",
		Args:    atMost(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd.Context(), check, timeout) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "end when all is delivered: for scripts")
	cmd.Flags().DurationVar(&timeout, "timeout", 3*time.Minute, "how long the first delivery may take")
	a.addOutput(cmd)
	cmd.AddCommand(&cobra.Command{
		Use:     "push IMAGE:TAG",
		Short:   "Put an empty image into the registry of a running demo",
		Example: "  fairlead demo push 127.0.0.1:43577/acme/login:1.5.0",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := demo.Push(cmd.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s pushed %s\n", a.style.good.Render("✓"), harmless(args[0]))
			return nil
		},
	})
	return cmd
}

func (a *app) runDemo(ctx context.Context, check bool, timeout time.Duration) (err error) {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	progress := a.progress()
	defer progress.done()
	built := -1
	d, err := demo.Start(ctx, demo.Options{
		Program:  program,
		Step:     func(text string) { progress.print("%s %s", a.style.info.Render("→"), text) },
		Progress: func(text string) { progress.show("  %s", text) },
		Note:     func(text string) { progress.print("%s %s", a.style.warn.Render("!"), text) },
		Said:     a.printSaid,
		Link:     a.printLink,
		Build: func(done, total int) {
			percent := 100 * done / max(total, 1)
			progress.show("  building the control plane: %d %%", percent)
			if !a.interactive && percent/10 > built {
				built = percent / 10
				progress.print("  building the control plane: %d %%", percent)
			}
		},
	})
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() {
		progress.print("%s removing everything", a.style.info.Render("→"))
		err = errors.Join(err, d.Stop(context.WithoutCancel(ctx)))
	}()
	sum, err := d.Wait(ctx, timeout)
	progress.done()
	if err != nil {
		return interrupted(ctx, err)
	}
	if a.json() {
		if err := a.printJSON(demoJSON(d, sum)); err != nil {
			return err
		}
	} else {
		a.printDemo(d, sum, check)
	}
	if check {
		return nil
	}
	<-ctx.Done()
	return nil
}

// printSaid shows a message of the team's chat. Beside -o json it would be in the way.
func (a *app) printSaid(lines []string) {
	if a.json() {
		return
	}
	text := a.style.info.Render("chat") + " " + a.style.bold.Render(lines[0])
	for _, l := range lines[1:] {
		text += "\n     " + l
	}
	a.progress().print("%s", text)
}

// printLink shows the next link to the page, when one has been used.
func (a *app) printLink(link string) {
	if !a.json() {
		a.progress().print("%s %s", a.style.info.Render("for another browser:"), link)
	}
}

// interrupted makes Ctrl-C a plain end instead of whatever it broke.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return hint.With(errors.New("interrupted"), "start again with: fairlead demo")
	}
	return err
}

func demoJSON(d *demo.Demo, sum *demo.Summary) any {
	return struct {
		Kubeconfig    string `json:"kubeconfig"`
		Repository    string `json:"repository"`
		Controller    string `json:"controller"`
		Page          string `json:"page"`
		ControllerPid int    `json:"controllerPid"`
		ControllerLog string `json:"controllerLog"`
		*demo.Summary
	}{d.Kubeconfig, d.Repository, "http://" + d.Listen, d.Page, d.ControllerPid(), d.ControllerLog(), sum}
}

func (a *app) printDemo(d *demo.Demo, sum *demo.Summary, check bool) {
	var rows [][]string
	for _, n := range sum.Namespaces {
		state := cluster.Healthy
		if n.Available < n.Deployments {
			state = cluster.Progressing
		}
		rows = append(rows, []string{
			n.Name, fmt.Sprintf("%d of %d", n.Available, n.Deployments), fmt.Sprint(n.Pods), fmt.Sprint(n.Containers), a.style.health(state),
		})
	}
	fmt.Fprintln(a.out)
	a.table([]string{"APPLICATION", "DEPLOYMENTS AVAILABLE", "PODS", "CONTAINERS", "STATE"}, rows)
	fmt.Fprintln(a.out)
	a.out.paragraph(0, a.style.bold.Render(fmt.Sprintf("%d of %d Deployments available: %d containers on %d nodes, delivered from git in %.0f s",
		sum.Available, sum.Deployments, sum.Containers, sum.Nodes, sum.Seconds)))
	if check {
		return
	}
	fmt.Fprintf(a.out, "\n%s  %s\n", a.style.bold.Render("The page, for the browser that opens this link first:"), d.Page)
	fmt.Fprintf(a.out, `
  export KUBECONFIG=%s
  git clone %s

Try next, in another terminal with that KUBECONFIG:
  fairlead status                      what is delivered and how it runs
  fairlead history                     what was delivered when and by whom
  fairlead diff billing                what git says against what runs
  kubectl -n billing scale deploy/invoices --replicas 9
                                       drift: put back at once, and told below
  fairlead drift --watch               drift as it happens
  change an image tag in the clone, commit, push, and: kubectl get pods -A -w
  fairlead demo push %s:1.5.0
                                       a new version: it is committed, delivered, and told below
  fairlead rollback auth --reason "…"  and it stays undone, until a newer one comes
  kill -9 %-28d the controller: it comes back by itself

Ctrl-C ends and removes all of it.
`, d.Kubeconfig, d.Repository, d.Image("login"), d.ControllerPid())
}
