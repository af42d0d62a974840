package cli_test

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// rootPod may not pass a gate, and colours may.
const (
	rootPod = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: ghcr.io/acme/web:1.4.2
      securityContext: {runAsUser: 0}
`
	colours = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: colours}\ndata: {sky: blue}\n"
)

// person is somebody with fairlead on the PATH and no settings but these.
type person struct {
	*testing.T
	env []string
}

func newPerson(t *testing.T) *person {
	return &person{t, []string{
		"PATH=" + binDir(t) + string(filepath.ListSeparator) + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
	}}
}

// tries runs a program and says whether it went well.
func (p *person) tries(dir, name string, args ...string) (out string, ok bool) {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, p.env
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

func (p *person) git(dir string, args ...string) {
	p.Helper()
	if out, ok := p.tries(dir, "git", args...); !ok {
		p.Fatalf("git %s: %s", strings.Join(args, " "), out)
	}
}

// repository is one with a commit of these files.
func (p *person) repository(files map[string]string) (dir string) {
	p.Helper()
	dir = p.TempDir()
	p.git(dir, "init", "-q", "-b", "main")
	p.commit(dir, files)
	return dir
}

func (p *person) commit(dir string, files map[string]string) {
	p.Helper()
	for name, text := range files {
		p.write(filepath.Join(dir, name), text)
	}
	p.git(dir, "add", "-A")
	p.git(dir, "commit", "-qm", "more")
}

func (p *person) write(file, text string) {
	p.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

func (p *person) read(file string) string {
	p.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		p.Fatal(err)
	}
	return string(text)
}

// need ends a test that has to have a program: in CI it is there.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestPreCommitRefusesWhatBreaksAPractice(t *testing.T) {
	t.Parallel()
	need(t, "pre-commit")
	p := newPerson(t)
	hooks := p.repository(map[string]string{".pre-commit-hooks.yaml": p.read("../../.pre-commit-hooks.yaml")})
	p.git(hooks, "tag", "v1")
	work := p.repository(map[string]string{
		".pre-commit-config.yaml": "repos:\n  - {repo: " + hooks + ", rev: v1, hooks: [{id: fairlead-check-system}]}\n",
	})
	if out, ok := p.tries(work, "pre-commit", "install"); !ok {
		t.Fatal(out)
	}
	for _, c := range []struct{ name, file, text, refusal string }{
		{"a manifest that runs as root", "web.yaml", rootPod, "run-as-non-root"},
		{"one without fault", "colours.yaml", colours, ""},
		{"a broken Dockerfile by its other name", "Containerfile", "FROM scratch\nFORM scratch\n", "Containerfile:2"},
		{"what is no manifest", "package.json", "{}\n", ""},
		{"what is not for Fairlead", "notes.txt", rootPod, ""},
	} {
		p.write(filepath.Join(work, c.file), c.text)
		p.git(work, "add", c.file)
		out, committed := p.tries(work, "git", "commit", "-m", c.name)
		if committed != (c.refusal == "") || !strings.Contains(out, c.refusal) {
			t.Errorf("%s: committed is %v, and said was:\n%s", c.name, committed, out)
		}
		if !committed {
			p.git(work, "rm", "-qf", c.file)
		}
	}
}

// branch is a work tree that adds a file to an origin/main that has faults of its own.
func (p *person) branch(added string) (dir string) {
	p.Helper()
	dir = p.TempDir()
	p.git(dir, "clone", "-q", p.repository(map[string]string{"old.yaml": strings.ReplaceAll(rootPod, "web", "old")}), ".")
	p.git(dir, "checkout", "-qb", "more")
	p.commit(dir, map[string]string{"added.yaml": added})
	return dir
}

// TestJobs runs what the recipes have the machines of the forges run: a branch may add what is without fault to faults
// that were there before.
func TestJobs(t *testing.T) {
	t.Parallel()
	need(t, "bash")
	for name, job := range map[string]func(p *person, dir string) (out string, ok bool){
		"GitHub": runAction, "GitLab": runGitLab, "CircleCI": runCircle,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				added  string
				passes bool
			}{{colours, true}, {rootPod, false}} {
				p := newPerson(t)
				if out, ok := job(p, p.branch(c.added)); ok != c.passes || strings.Contains(out, "added.yaml") == c.passes || strings.Contains(out, "old.yaml") {
					t.Errorf("passes is %v, want %v, and said was:\n%s", ok, c.passes, out)
				}
			}
		})
	}
}

// runAction runs the steps of action.yml in their environment, as a pull request's job does.
func runAction(p *person, dir string) (out string, ok bool) {
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Steps []struct {
				Name, Run string
				Env       map[string]string
			}
		}
	}
	p.parse("../../action.yml", &action)
	temp := p.TempDir()
	source, err := filepath.Abs("../..")
	if err != nil {
		p.Fatal(err)
	}
	p.env = append(p.env, "RUNNER_TEMP="+temp, "GITHUB_PATH="+filepath.Join(temp, "path"), "GITHUB_OUTPUT="+filepath.Join(temp, "output"),
		"GITHUB_ACTION_PATH="+source, "GITHUB_BASE_REF=main")
	for _, step := range action.Runs.Steps {
		if step.Run == "" || step.Name == "Build" {
			continue // the program is there
		}
		for key, value := range step.Env {
			if name, isInput := strings.CutPrefix(strings.TrimSuffix(value, " }}"), "${{ inputs."); isInput {
				input, known := action.Inputs[name]
				if !known {
					p.Errorf("step %s: there is no input %s", step.Name, name)
				}
				if value = input.Default; name == "sarif" {
					value = "true"
				}
			}
			p.env = append(p.env, key+"="+value)
		}
		if out, ok = p.tries(dir, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run); !ok {
			break
		}
	}
	if !ok && !strings.Contains(out, "\n::error file=added.yaml,line=8,") {
		p.Error("no annotation is at the line")
	}
	file := strings.TrimPrefix(strings.TrimSpace(p.read(filepath.Join(temp, "output"))), "sarif-file=")
	var sarif struct {
		Version string
		Runs    []struct{ Results []struct{ RuleID string } }
	}
	p.parse(file, &sarif)
	if sarif.Version != "2.1.0" || len(sarif.Runs) != 1 || len(sarif.Runs[0].Results) == 0 {
		p.Errorf("what is uploaded is %+v", sarif)
	}
	return out, ok
}

func (p *person) parse(file string, into any) {
	p.Helper()
	if err := yaml.Unmarshal([]byte(p.read(file)), into); err != nil {
		p.Fatalf("%s: %v", file, err)
	}
}

// installs is what the jobs of the other forges begin with.
const installs = "go install -tags kustomize_disable_go_plugin_support github.com/fairlead-dev/fairlead/cmd/fairlead@latest"

// runGitLab runs the script of the job, as a merge request does, and reads the report as the widget does.
func runGitLab(p *person, dir string) (out string, ok bool) {
	var jobs struct {
		Fairlead struct {
			Before    []string `json:"before_script"`
			Script    []string
			Artifacts struct{ Reports struct{ CodeQuality string } }
		}
	}
	p.parse("../../examples/ci/gitlab.yml", &jobs)
	job := jobs.Fairlead
	if !slices.Equal(job.Before, []string{installs}) {
		p.Errorf("before it runs %q", job.Before)
	}
	base, _ := p.tries(dir, "git", "rev-parse", "origin/main")
	p.env = append(p.env, "CI_MERGE_REQUEST_DIFF_BASE_SHA="+strings.TrimSpace(base))
	for _, line := range job.Script {
		if out, ok = p.tries(dir, "sh", "-ec", line); !ok {
			break
		}
	}
	var report []struct {
		Description, Fingerprint, Severity string
		Check                              string `json:"check_name"`
		Location                           struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	if err := json.Unmarshal([]byte(p.read(filepath.Join(dir, job.Artifacts.Reports.CodeQuality))), &report); err != nil {
		p.Fatal(err)
	}
	for _, r := range report {
		if r.Description == "" || r.Check == "" || r.Fingerprint == "" || r.Location.Path == "" || r.Location.Lines.Begin < 1 ||
			!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, r.Severity) {
			p.Errorf("GitLab doesn't take %+v", r)
		}
	}
	if len(report) == 0 {
		p.Error("nothing is reported")
	}
	return out, ok
}

// runCircle runs the commands of the job, and reads the tests as the Tests tab does.
func runCircle(p *person, dir string) (out string, ok bool) {
	var config struct {
		Jobs map[string]struct{ Steps []any }
	}
	p.parse("../../examples/ci/circleci.yml", &config)
	p.env = append(p.env, "CIRCLE_BRANCH=more")
	results := ""
	for _, step := range config.Jobs["fairlead"].Steps {
		kinds, _ := step.(map[string]any)
		if stored, isStore := kinds["store_test_results"].(map[string]any); isStore {
			results = filepath.Join(dir, stored["path"].(string), "fairlead", "results.xml")
		}
		run, isRun := kinds["run"].(map[string]any)
		if !isRun || run["command"] == installs {
			continue
		}
		if out, ok = p.tries(dir, "bash", "-eo", "pipefail", "-c", run["command"].(string)); !ok {
			break
		}
	}
	var tests struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal([]byte(p.read(results)), &tests); err != nil || tests.Failures == 0 || tests.Failures == tests.Tests {
		p.Errorf("the tests are %+v: %v", tests, err)
	}
	return out, ok
}
