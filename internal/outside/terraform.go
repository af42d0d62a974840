package outside

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// plan has Terraform or OpenTofu compare the directory with its state and with what is out there. Neither is locked or written.
func (r run) plan(ctx context.Context) (Result, error) {
	p := r.job.Plan
	initialize := []string{"init", "-input=false", "-no-color", "-lock=false"}
	plan := []string{"plan", "-detailed-exitcode", "-input=false", "-lock=false", "-json"}
	for _, name := range p.BackendConfig {
		file, err := r.file("backendConfig", name)
		if err != nil {
			return Result{}, err
		}
		initialize = append(initialize, "-backend-config="+file)
	}
	for _, name := range p.VarFiles {
		file, err := r.file("varFiles", name)
		if err != nil {
			return Result{}, err
		}
		plan = append(plan, "-var-file="+file)
	}
	if err := r.selectWorkspace(); err != nil {
		return Result{}, err
	}
	exit, complaint, err := r.start(ctx, func([]byte) {}, initialize...)
	if err != nil {
		return Result{}, err
	}
	if exit != 0 {
		return Result{}, hint.With(fmt.Errorf("%s init: %s", p.Program, r.masks.strike(r.firstComplaint(complaint))), r.byHand("init"))
	}
	if err := r.wantWorkspace(); err != nil {
		return Result{}, err
	}
	read := planned{actions: map[string]string{}, found: map[string]string{}, run: r}
	exit, _, err = r.start(ctx, read.line, plan...)
	switch {
	case err != nil:
		return Result{}, err
	case exit == 0:
		return Result{}, nil
	case exit == 2:
		return read.result(), nil
	}
	return Result{}, hint.With(fmt.Errorf("%s plan: %w", p.Program, read.complaint(exit)), r.byHand("plan"))
}

// selectWorkspace says where the program looks itself which one it is to use. TF_WORKSPACE would have init make one that isn't there.
func (r run) selectWorkspace() error {
	if r.job.Plan.Workspace == "" {
		return nil
	}
	return os.WriteFile(r.room.workspace(), []byte(r.job.Plan.Workspace), 0o600)
}

// wantWorkspace says whether init has left it at that: where there is but one workspace it takes that one.
func (r run) wantWorkspace() error {
	p := r.job.Plan
	if p.Workspace == "" {
		return nil
	}
	is, err := os.ReadFile(r.room.workspace())
	if err != nil || string(is) == p.Workspace {
		return err
	}
	return hint.With(fmt.Errorf("%s: there is no workspace %s", p.Program, p.Workspace), fmt.Sprintf("see which there are with: %s -chdir=%s workspace list", p.Program, r.job.Dir))
}

// byHand is what shows more than can be told here, where values would be.
func (r run) byHand(verb string) string {
	return fmt.Sprintf("see all of it with: %s -chdir=%s %s", r.job.Plan.Program, r.job.Dir, verb)
}

// firstComplaint of what init prints for people: "network/main.tf:3: Missing required argument"; the first that names a place, as init begins
// with one that says nothing. What explains it is left out, since it may quote values.
func (r run) firstComplaint(text string) string {
	first, last := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimLeft(line, "│╷╵ "))
		if says, ok := strings.CutPrefix(line, "Error: "); ok {
			last = says
			first = cmp.Or(first, says)
			continue
		}
		var file string
		var number int
		if n, _ := fmt.Sscanf(line, "on %s line %d", &file, &number); n == 2 && last != "" {
			return r.where(file, number) + last
		}
	}
	return cmp.Or(first, "it named no error")
}

// planned reads the lines of plan -json (developer.hashicorp.com/terraform/internals/machine-readable-ui): what would become of
// which resource, and never a value.
type planned struct {
	run     run
	actions map[string]string // that it plans, by address
	found   map[string]string // that others did
	errors  []string
}

type planLine struct {
	Type   string
	Change struct {
		Resource struct{ Addr string }
		Action   string
	}
	Outputs    map[string]struct{ Action string }
	Diagnostic struct {
		Severity, Summary string
		Range             *struct {
			Filename string
			Start    struct{ Line int }
		}
	}
}

func (p *planned) line(text []byte) {
	var l planLine
	if json.Unmarshal(text, &l) != nil {
		return // providers print what they like
	}
	switch l.Type {
	case "planned_change":
		note(p.actions, l.Change.Resource.Addr, l.Change.Action)
	case "resource_drift":
		note(p.found, l.Change.Resource.Addr, l.Change.Action)
	case "outputs":
		for name, o := range l.Outputs {
			note(p.actions, "output."+name, o.Action)
		}
	case "diagnostic":
		if d := l.Diagnostic; d.Severity == "error" && len(p.errors) < mostChanges {
			at := ""
			if d.Range != nil {
				at = p.run.where(d.Range.Filename, d.Range.Start.Line)
			}
			p.errors = append(p.errors, p.run.masks.strike(at+d.Summary))
		}
	}
}

// mostNoted bounds what is remembered of one program's output.
const mostNoted = 10_000

func note(in map[string]string, name, action string) {
	if name != "" && action != "" && action != "noop" && action != "read" && len(in) < mostNoted {
		in[name] = action
	}
}

var (
	plans = map[string]string{
		"create": "would be created", "update": "would be updated", "delete": "would be deleted", "replace": "would be replaced",
		"move": "would be moved", "import": "would be imported", "remove": "would be forgotten", "forget": "would be forgotten",
	}
	deeds = map[string]string{"update": "was changed and ", "delete": "was deleted and "}
)

func (p *planned) result() Result {
	changes := map[string]string{}
	for name, action := range p.actions {
		does, isKnown := plans[action]
		if !isKnown {
			does = "would be changed"
		}
		changes[p.run.masks.strike(name)] = deeds[p.found[name]] + does
	}
	if len(changes) == 0 {
		changes["something"] = "would be changed, and the plan does not name it"
	}
	return result(changes)
}

func (p *planned) complaint(exit int) error {
	switch n := len(p.errors); n {
	case 0:
		return fmt.Errorf("it ended with exit code %d and named no error", exit)
	case 1:
		return errors.New(p.errors[0])
	default:
		return fmt.Errorf("%s; and %d more", p.errors[0], n-1)
	}
}
