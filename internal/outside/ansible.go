package outside

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// play has Ansible say what the playbook would change. Without --diff: what that shows may be secret.
func (r run) play(ctx context.Context) (Result, error) {
	p := r.job.Playbook
	playbook, err := r.file("playbook", p.File)
	if err != nil {
		return Result{}, err
	}
	inventory, err := r.file("inventory", p.Inventory)
	if err != nil {
		return Result{}, err
	}
	args := []string{"--check", "--inventory=" + inventory}
	if p.Limit != "" {
		args = append(args, "--limit="+p.Limit)
	}
	read := played{run: r, changes: map[string]string{}, failures: map[string]string{}, recap: map[string]bool{}}
	exit, complaint, err := r.start(ctx, read.line, append(args, playbook)...)
	if err != nil {
		return Result{}, err
	}
	if failed := read.failed(); exit != 0 || failed != "" {
		if failed == "" {
			failed = ansibleComplaint(complaint, exit)
		}
		return Result{}, hint.With(fmt.Errorf("%s: %s", Ansible, r.masks.strike(failed)),
			fmt.Sprintf("see all of it with, in %s: %s --check -i %s %s", r.job.Dir, Ansible, p.Inventory, p.File))
	}
	if len(read.recap) == 0 {
		return Result{}, hint.With(fmt.Errorf("%s: no host was looked at", Ansible), "see that the playbook's hosts are in the inventory, and what spec.ansible.limit leaves of them")
	}
	return result(read.changes), nil
}

// ansibleComplaint is the first line that is marked as an error: "ERROR! …", or "[ERROR]: …" since ansible-core 2.19.
func ansibleComplaint(text string, exit int) string {
	for line := range strings.Lines(text) {
		for _, mark := range []string{"ERROR! ", "[ERROR]: "} {
			if says, ok := strings.CutPrefix(strings.TrimSpace(line), mark); ok {
				return says
			}
		}
	}
	return fmt.Sprintf("it ended with exit code %d and named no error", exit)
}

// played reads what the callback "default" prints (docs.ansible.com/ansible/latest/collections/ansible/builtin/default_callback.html): the
// headings of tasks, a line for each host, and the recap, which has the last word on what has failed.
type played struct {
	run      run
	task     string
	isRecap  bool
	changes  map[string]string // "web1: install nginx"
	failures map[string]string // by host
	recap    map[string]bool   // hosts, and whether something failed there for good
}

func (p *played) line(text []byte) {
	line := strings.TrimRight(string(text), "\r")
	if heading, name, ok := headingOf(line); ok {
		p.isRecap = heading == "PLAY RECAP"
		if p.task = ""; heading != "PLAY" {
			p.task = name
		}
		return
	}
	if p.isRecap {
		p.recapped(line)
		return
	}
	state, rest, ok := strings.Cut(line, ": [")
	if !ok || p.task == "" {
		return
	}
	host, says, _ := strings.Cut(rest, "]")
	host, _, _ = strings.Cut(host, " -> ") // whom the task was delegated to
	switch state {
	case "changed":
		if len(p.changes) < mostNoted {
			p.changes[p.run.masks.strike(host+": "+p.task)] = "would be changed"
		}
	case "fatal", "failed":
		if strings.HasPrefix(says, ": UNREACHABLE!") {
			p.failures[host] = host + " could not be reached"
		} else if len(p.failures) < mostNoted {
			p.failures[host] = fmt.Sprintf("%s failed at: %s", host, p.task)
		}
	}
}

// headingOf reads "TASK [nginx : install] ******".
func headingOf(line string) (heading, name string, ok bool) {
	if !strings.HasSuffix(line, "***") {
		return "", "", false
	}
	line = strings.TrimSpace(strings.TrimRight(line, "*"))
	for _, heading := range []string{"PLAY RECAP", "PLAY", "TASK", "RUNNING HANDLER"} {
		if rest, ok := strings.CutPrefix(line, heading); ok {
			return heading, strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(rest), "["), "]"), true
		}
	}
	return "", "", false
}

// recapped reads "web1 : ok=2 changed=1 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0". What was rescued or ignored is not in failed.
func (p *played) recapped(line string) {
	at := strings.LastIndex(line, " : ")
	if at < 0 || len(p.recap) >= mostNoted {
		return
	}
	host, isHost, failed := strings.TrimSpace(line[:at]), false, false
	for _, count := range strings.Fields(line[at+3:]) {
		what, n, _ := strings.Cut(count, "=")
		isHost = isHost || what == "failed" // other callbacks add lines of their own
		failed = failed || (what == "failed" || what == "unreachable") && n != "0"
	}
	if isHost {
		p.recap[host] = failed
	}
}

// failed says what has failed for good, and how many hosts.
func (p *played) failed() string {
	var all []string
	for _, host := range slices.Sorted(maps.Keys(p.recap)) {
		if !p.recap[host] {
			continue
		}
		says := p.failures[host]
		if says == "" {
			says = host + " failed"
		}
		all = append(all, says)
	}
	switch n := len(all); n {
	case 0:
		return ""
	case 1:
		return all[0]
	default:
		return fmt.Sprintf("%s; and %d more", all[0], n-1)
	}
}
