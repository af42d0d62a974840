package outside

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func playJob() Job {
	return Job{
		Files: files(map[string]string{"ops/site.yml": "- hosts: all\n", "ops/hosts": "web1\n"}), Dir: "ops",
		Playbook: &Playbook{File: "site.yml", Inventory: "hosts"},
	}
}

// prints is a program that prints what Ansible's default callback does.
func prints(t *testing.T, exit int, text string) *Checker {
	t.Helper()
	return script(t, Ansible, fmt.Sprintf("cat <<'LINES'\n%s\nLINES\nexit %d", text, exit))
}

const facts = `
PLAY [web servers] *************************************************************

TASK [Gathering Facts] *********************************************************
ok: [web1]
ok: [web2]
`

func TestWhatAPlaybookWouldChange(t *testing.T) {
	c := prints(t, 0, facts+`
TASK [nginx : install nginx [stable]] ******************************************
changed: [web1]
ok: [web2]

TASK [nginx : users] ***********************************************************
changed: [web1] => (item=ann)
changed: [web1] => (item={'name': 'bob', 'password': 'hunter22'})
ok: [web2] => (item=ann)

TASK [say something] ***********************************************************
ok: [web1] => {
    "msg": "changed: [web2]"
}

TASK [announce] ****************************************************************
changed: [web2 -> localhost(127.0.0.1)]

TASK [probe] *******************************************************************
fatal: [web2]: FAILED! => {"changed": false, "msg": "non-zero return code"}
...ignoring

RUNNING HANDLER [nginx : restart] **********************************************
changed: [web1]

PLAY RECAP *********************************************************************
web1                       : ok=5    changed=3    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   
web2                       : ok=5    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=1   
`)
	found, err := c.Check(t.Context(), playJob())
	if err != nil {
		t.Fatal(err, hint.Of(err))
	}
	want := []Change{
		{"web1: nginx : install nginx [stable]", "would be changed"},
		{"web1: nginx : restart", "would be changed"},
		{"web1: nginx : users", "would be changed"},
		{"web2: announce", "would be changed"},
	}
	if diff := cmp.Diff(want, found.Changes); diff != "" {
		t.Error(diff)
	}
}

func TestAPlaybookInStep(t *testing.T) {
	found, err := prints(t, 0, facts+"\nPLAY RECAP *********\nweb1 : ok=1    changed=0    unreachable=0    failed=0\n").Check(t.Context(), playJob())
	if len(found.Changes) > 0 || err != nil {
		t.Error(found, err)
	}
}

func TestWhatOfAPlaybookFindsNothingOut(t *testing.T) {
	for name, run := range map[string]struct {
		exit int
		says string
		want string
	}{
		"a host can't be reached": {4, facts + `
TASK [install] *****************************************************************
changed: [web1]
fatal: [web2]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh: ann:hunter22", "unreachable": true}

PLAY RECAP *********************************************************************
web1                       : ok=2    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   
web2                       : ok=1    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0   
`, "web2 could not be reached"},
		"a task fails": {2, facts + `
TASK [install] *****************************************************************
fatal: [web1]: FAILED! => {"msg": "hunter22"}
failed: [web2] (item=hunter22) => {"msg": "hunter22"}

PLAY RECAP *********************************************************************
web1                       : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   
web2                       : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   
`, "web1 failed at: install; and 1 more"},
		"no host is meant": {0, `
PLAY [web servers] *************************************************************
skipping: no hosts matched

PLAY RECAP *********************************************************************
Monday 23 November 2026  13:00:00 +0000 (0:00:00.021)       0:00:00.021 ********
===============================================================================
nginx : install -------------------------------------------------------- 0.02s
`, "no host was looked at"},
		"it dies before the recap": {250, facts, "it ended with exit code 250 and named no error"},
		"it ends before the recap": {0, facts, "no host was looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prints(t, run.exit, run.says).Check(t.Context(), playJob())
			if err == nil || err.Error() != Ansible+": "+run.want || hint.Of(err) == "" {
				t.Errorf("%v → %s", err, hint.Of(err))
			}
		})
	}
}

func TestComplaintsOfAnsible(t *testing.T) {
	for text, want := range map[string]string{
		"[WARNING]: something\nERROR! We were unable to read either as JSON nor YAML\n": "We were unable to read either as JSON nor YAML",
		"[ERROR]: the playbook: site.yml could not be found\nOrigin: somewhere\n":       "the playbook: site.yml could not be found",
		"Traceback (most recent call last):\n  File \"x\"\nKeyError: 'a'\n":             "it ended with exit code 1 and named no error",
	} {
		_, err := script(t, Ansible, fmt.Sprintf("cat >&2 <<'LINES'\n%sLINES\nexit 1", text)).Check(t.Context(), playJob())
		if err == nil || err.Error() != Ansible+": "+want {
			t.Error(err)
		}
	}
}

func TestAnsibleIsToldOnlyToCheck(t *testing.T) {
	c := script(t, Ansible, `echo "[ERROR]: $* in $ANSIBLE_STDOUT_CALLBACK, diff $ANSIBLE_DIFF_ALWAYS" >&2; exit 1`)
	job := playJob()
	job.Playbook.Limit = "--diff"
	_, err := c.Check(t.Context(), job)
	if err == nil || !strings.HasSuffix(err.Error(), ": --check --inventory=./hosts --limit=--diff ./site.yml in default, diff 0") {
		t.Error(err)
	}
}

func TestPlaybookOfAnsible(t *testing.T) {
	if _, err := exec.LookPath(Ansible); err != nil {
		t.Skip("ansible-playbook is not here")
	}
	at := t.TempDir() + "/motd"
	job := playJob()
	job.Files = files(map[string]string{
		"ops/hosts":    "here ansible_connection=local\n",
		"ops/site.yml": fmt.Sprintf("- hosts: all\n  gather_facts: false\n  tasks:\n  - name: greet\n    copy: {dest: %s, content: hello}\n", at),
	})
	found, err := checker(t, Ansible).Check(t.Context(), job)
	if diff := cmp.Diff([]Change{{"here: greet", "would be changed"}}, found.Changes); diff != "" || err != nil {
		t.Error(err, hint.Of(err), diff)
	}
}
