package outside

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// stack is a root module with a module beside it, and its state outside of git.
func stack(state, input string) map[string]string {
	return map[string]string{
		"stacks/net/main.tf": fmt.Sprintf(`
terraform {
  backend "local" { path = %q }
}
variable "token" { default = "none" }
module "zone" {
  source = "../../modules/zone"
  input  = %q
}
resource "terraform_data" "each" {
  for_each = toset([var.token])
}
`, state, input),
		"modules/zone/main.tf": `
variable "input" {}
resource "terraform_data" "a" { input = var.input }
`,
	}
}

// apply is what a person does: never Fairlead.
func apply(t *testing.T, texts map[string]string, dir string) {
	t.Helper()
	at := t.TempDir()
	for name, text := range texts {
		file := filepath.Join(at, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		cmd := exec.Command(Terraform, append(args, "-input=false")...)
		cmd.Dir, cmd.Env = filepath.Join(at, dir), append(os.Environ(), "CHECKPOINT_DISABLE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("terraform %v: %v\n%s", args, err, out)
		}
	}
}

func TestPlanOfTerraform(t *testing.T) {
	c := terraform(t)
	state := filepath.Join(t.TempDir(), "net.tfstate")
	check := func(input string) Result {
		t.Helper()
		found, err := c.Check(t.Context(), Job{Files: files(stack(state, input)), Dir: "stacks/net", Plan: &Plan{Program: Terraform}})
		if err != nil {
			t.Fatal(err, hint.Of(err))
		}
		return found
	}
	want := []Change{{`module.zone.terraform_data.a`, "would be created"}, {`terraform_data.each["none"]`, "would be created"}}
	if diff := cmp.Diff(want, check("one").Changes); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the check has written a state")
	}
	apply(t, stack(state, "one"), "stacks/net")
	if found := check("one"); len(found.Changes) > 0 {
		t.Errorf("applied, and found %v", found)
	}
	before, _ := os.ReadFile(state)
	if diff := cmp.Diff([]Change{{"module.zone.terraform_data.a", "would be updated"}}, check("two").Changes); diff != "" {
		t.Error(diff)
	}
	if after, _ := os.ReadFile(state); string(after) != string(before) {
		t.Error("the check has changed the state")
	}
	wantEmpty(t, c)
}

// A .terraform in git doesn't count: which workspace it is says the spec. A check makes none, as init would with TF_WORKSPACE.
func TestPlanOfAWorkspaceWithAVarFile(t *testing.T) {
	c := terraform(t)
	workspaces := t.TempDir()
	texts := map[string]string{
		"net/main.tf": fmt.Sprintf(`
terraform {
  backend "local" { workspace_dir = %q }
}
variable "input" {}
resource "terraform_data" "a" { input = var.input }
`, workspaces),
		"net/.terraform/environment": "elsewhere",
		"one.tfvars":                 `input = "one"`, "two.tfvars": `input = "two"`,
	}
	check := func(workspace, vars string) (Result, error) {
		return c.Check(t.Context(), Job{Files: files(texts), Dir: "net", Plan: &Plan{Program: Terraform, Workspace: workspace, VarFiles: []string{"../" + vars}}})
	}
	for _, existing := range []string{"default", "default and prod"} {
		_, err := check("stage", "one.tfvars")
		if err == nil || !strings.Contains(err.Error(), "workspace") || !strings.HasPrefix(err.Error(), "terraform") || hint.Of(err) == "" {
			t.Errorf("%s: %v → %s", existing, err, hint.Of(err))
		}
		if made, err := os.ReadDir(workspaces); err != nil || existing == "default" && len(made) > 0 || len(made) > 1 {
			t.Errorf("%s: the check has made %v %v", existing, made, err)
		}
		t.Setenv("TF_WORKSPACE", "prod")
		t.Setenv("TF_VAR_input", "one")
		apply(t, texts, "net")
	}
	if found, err := check("prod", "one.tfvars"); err != nil || len(found.Changes) > 0 {
		t.Error(found, err, hint.Of(err))
	}
	found, err := check("prod", "two.tfvars")
	if diff := cmp.Diff([]Change{{"terraform_data.a", "would be updated"}}, found.Changes); diff != "" || err != nil {
		t.Error(err, hint.Of(err), diff)
	}
}

func TestComplaintsOfTerraformNameFileAndLine(t *testing.T) {
	c := terraform(t)
	for text, want := range map[string]string{
		"resource \"terraform_data\" {\n}":                           "terraform init: net/main.tf:1: Missing name for resource",
		"terraform {\n backend \"local\" {\n  x = 1\n }\n}":          "terraform init: net/main.tf:3: Unsupported argument",
		"\n\nresource \"terraform_data\" \"a\" {\n input = var.x\n}": "terraform plan: net/main.tf:4: Reference to undeclared input variable",
		"variable \"x\" {}":                                          "terraform plan: net/main.tf:1: No value for required variable",
		"module \"m\" {\n source = \"../m\"\n}":                      "terraform init: Unreadable module directory",
		"resource \"terraform_data\" \"a\" {\n input = <<X\n\x00":    "terraform init: net/main.tf:",
	} {
		_, err := c.Check(t.Context(), Job{Files: files(map[string]string{"net/main.tf": text}), Dir: "net", Plan: &Plan{Program: Terraform}})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(hint.Of(err), "terraform -chdir=net") {
			t.Errorf("%q: %v → %s", text, err, hint.Of(err))
		}
	}
}

func TestTerraformTellsNoSecret(t *testing.T) {
	c := terraform(t)
	const secret = "hunter22-is-long"
	env := map[string]string{"TF_VAR_token": secret}
	texts := stack(filepath.Join(t.TempDir(), "net.tfstate"), "one")
	found, err := c.Check(t.Context(), Job{Files: files(texts), Dir: "stacks/net", Plan: &Plan{Program: Terraform}, Environment: env})
	if told := fmt.Sprint(found, err, hint.Of(err)); strings.Contains(told, secret) || !strings.Contains(told, `each["***"]`) {
		t.Errorf("told is %s", told)
	}
	texts["stacks/net/check.tf"] = "resource \"terraform_data\" \"p\" {\n lifecycle {\n  precondition {\n   condition = var.token == \"\"\n   error_message = \"no: ${var.token}\"\n  }\n }\n}"
	_, err = c.Check(t.Context(), Job{Files: files(texts), Dir: "stacks/net", Plan: &Plan{Program: Terraform}, Environment: env})
	if err == nil || err.Error() != "terraform plan: stacks/net/check.tf:4: Resource precondition failed" {
		t.Error(err)
	}
}
