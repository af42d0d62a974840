package controller

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// signer is a person with an SSH key who may push.
type signer struct {
	*world
	name, key string
	allowed   string // the line of allowed_signers
}

func (w *world) signer(name string) *signer {
	w.Helper()
	s := &signer{world: w, name: name, key: filepath.Join(w.TempDir(), name)}
	s.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.key)
	s.allowed = name + "@example.com " + s.run("ssh-keygen", "-y", "-f", s.key) + "\n"
	return s
}

func (s *signer) run(program string, args ...string) string {
	s.Helper()
	cmd := exec.Command(program, args...)
	var err error
	if cmd.Dir, err = s.git.Dir("config"); err != nil {
		s.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Fatalf("%s: %v\n%s", program, err, out)
	}
	return strings.TrimSpace(string(out))
}

// sign puts a signed commit on top of main that changes nothing, and tells the controller.
func (s *signer) sign(message string) string {
	s.Helper()
	hash := s.run("git", "-c", "user.name="+s.name, "-c", "user.email="+s.name+"@example.com", "-c", "gpg.format=ssh", "-c", "user.signingKey="+s.key,
		"commit-tree", "-S", "-m", message, "-p", "main", "main^{tree}")
	s.run("git", "update-ref", "refs/heads/main", hash)
	s.controller.Pushed(s.url)
	return hash
}

// synced waits until the Application says that of its revision.
func (w *world) synced(key client.ObjectKey, revision, reason string, says ...string) {
	w.Helper()
	w.until(key, reason+" "+strings.Join(says, ", "), func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
		for _, text := range says {
			if c == nil || !strings.Contains(c.Message, text) {
				return false
			}
		}
		return a.Status.Revision == revision && c != nil && c.Reason == reason
	})
}

func TestOnlySignedCommitsAreDelivered(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not here")
	}
	w := newWorld(t, gitserver.Options{})
	ada, bob := w.signer("ada"), w.signer("bob")
	app := w.application("shop", "app", func(a *v1alpha1.Application) {
		a.Spec.Source.Git.Verify = &v1alpha1.Verification{SecretRef: v1alpha1.SecretRef{Name: "signers"}}
	})
	w.synced(app, "", "FetchFailed", "Secret "+w.namespace+"/signers", "does not exist", "kubectl")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "signers"}, Data: map[string][]byte{"allowed_signers": []byte(ada.allowed)}}
	if err := w.api.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}

	w.commit("first", map[string]string{"app/a.yaml": configMap("a", "1")})
	w.synced(app, "", "FetchFailed", "it is not signed", "git commit")
	w.wantConfigMaps()
	first := ada.sign("first, signed")
	w.synced(app, first, "Synced", "by ada, signed by ada@example.com (SSH SHA256:")
	w.wantConfigMaps("a=1")

	unsigned := w.commit("second", map[string]string{"app/a.yaml": configMap("a", "2")})
	w.synced(app, first, "FetchFailed", unsigned[:8], "it is not signed", "must be in Secret "+w.namespace+"/signers")
	w.wantConfigMaps("a=1")
	second := ada.sign("second, signed")
	w.synced(app, second, "Synced", "signed by ada@example.com")
	w.wantConfigMaps("a=2")

	third := bob.sign("by somebody new")
	w.synced(app, second, "FetchFailed", "does not list", "add the signer's public key to Secret "+w.namespace+"/signers")
	secret.Data["allowed_signers"] = []byte(ada.allowed + bob.allowed)
	if err := w.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.synced(app, third, "Synced", "signed by bob@example.com") // without another push

	ada.run("git", "update-ref", "refs/heads/main", unsigned) // force-pushed
	w.controller.Pushed(w.url)
	w.synced(app, third, "FetchFailed", unsigned[:8], "it is not signed")
	w.wantConfigMaps("a=2")
}
