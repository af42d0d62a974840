package cli_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/internal/cli"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// TestMain makes the test binary the program too: the scripts run it under the name of fairlead.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "fairlead" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		code := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code)
	}
	sandboxtest.Main(m)
}

// TestOffline are the scripts that need no cluster.
func TestOffline(t *testing.T) {
	t.Parallel()
	(&stage{bin: binDir(t)}).run(t, "offline")
}

// TestCluster are the scripts that need one: first without Fairlead in it, as paths want no installation, then with its
// kinds but nobody who minds them, then with all.
func TestCluster(t *testing.T) {
	t.Parallel()
	sandboxtest.StartWithNodes(t)
	s := &stage{bin: binDir(t), hasCluster: true}
	t.Run("bare", func(t *testing.T) { s.run(t, "bare") })
	t.Run("installed", func(t *testing.T) {
		install(t)
		t.Run("idle", func(t *testing.T) { s.run(t, "idle") })
		s.serveGit(t)
		s.serveRegistry(t)
		s.serveForge(t)
		s.startController(t)
		s.run(t, "installed")
	})
}

// stage is what the scripts of a directory find.
type stage struct {
	bin        string
	hasCluster bool
	git        map[string]*gitServer // by name; nil when there are no repositories
	registry   string                // its host; "" when there is none
	controller *controller.Controller
	forge      *forgeServer
}

// gitServer serves repositories, to everyone or to those who log in.
type gitServer struct {
	*gitserver.Server
	url string
}

func (s *stage) run(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", dir),
		RequireUniqueNames: true,
		UpdateScripts:      os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:              func(env *testscript.Env) error { return s.setup(t, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "waitfor": waitfor, "scrub": scrub, "expand": expand,
			"commit": s.commit, "push": s.push, "live": live, "edit": edit, "create": create, "delete": remove,
			"comments": s.comments, "prometheus": prometheus,
		},
	})
}

// binDir holds the program: this very binary by another name.
func binDir(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "fairlead")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// setup gives a script a home, and a namespace with its own name, in which its default service account may do anything.
func (s *stage) setup(t *testing.T, env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".home")
	for k, v := range map[string]string{
		"PATH": s.bin + string(filepath.ListSeparator) + env.Getenv("PATH"), "HOME": home, "USER": "ada",
		"KUBECONFIG": filepath.Join(home, "kubeconfig"), "TERM": "xterm", "TZ": "UTC",
		"GORACE": "atexit_sleep_ms=0 " + os.Getenv("GORACE"), // the race detector sleeps for a second at each exit
	} {
		env.Setenv(k, v)
	}
	for name, server := range s.git {
		env.Setenv(strings.ToUpper(name), server.url)
	}
	env.Setenv("REGISTRY", s.registry)
	if s.forge != nil {
		env.Setenv("FORGE", s.forge.url)
	}
	if err := os.MkdirAll(home, 0o755); err != nil || !s.hasCluster {
		return err
	}
	namespace := strings.ReplaceAll(strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"), "_", "-")
	env.Setenv("NAMESPACE", namespace)
	if err := makeNamespace(t, namespace); err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(sandboxtest.Kubeconfig(t))
	if err != nil {
		return err
	}
	here := config.Contexts[config.CurrentContext]
	here.Namespace = namespace
	if err := clientcmd.WriteToFile(*config, env.Getenv("KUBECONFIG")); err != nil {
		return err
	}
	config.AuthInfos[here.AuthInfo].Impersonate = "nobody" // who may do nothing
	env.Setenv("NOBODY", filepath.Join(home, "nobody"))
	return clientcmd.WriteToFile(*config, env.Getenv("NOBODY"))
}

func makeNamespace(t *testing.T, name string) error {
	client, err := kubernetes.NewForConfig(sandboxtest.Start(t))
	if err != nil {
		return err
	}
	namespaces := client.CoreV1().Namespaces()
	// The one of a run before, under -count, may still be going.
	if err := until(t.Context(), func(ctx context.Context) (bool, error) {
		_, err := namespaces.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return false, nil
		}
		return true, err
	}); err != nil {
		return err
	}
	t.Cleanup(func() { _ = namespaces.Delete(context.Background(), name, metav1.DeleteOptions{}) })
	admin := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "deployer"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "default", Namespace: name}},
	}
	// The server's admission may for a moment still hold the namespace that went for the new one.
	return until(t.Context(), func(ctx context.Context) (bool, error) {
		_, err := client.RbacV1().RoleBindings(name).Create(ctx, admin, metav1.CreateOptions{})
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return false, nil
		}
		return true, err
	})
}

// install delivers Fairlead's own kinds with Fairlead, and takes them out again after the test.
func install(t *testing.T) {
	t.Helper()
	var out, complaints strings.Builder
	args := []string{"sync", "--kubeconfig", sandboxtest.Kubeconfig(t), filepath.Join("..", "..", "deploy", "crds")}
	if code := cli.Main(t.Context(), args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &complaints}); code != 0 {
		t.Fatalf("install Fairlead's kinds: exit code %d\n%s%s", code, out.String(), complaints.String())
	}
	client, err := dynamic.NewForConfig(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	crds := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	t.Cleanup(func() {
		for _, name := range []string{"applications.fairlead.dev", "releases.fairlead.dev"} {
			if err := until(context.Background(), func(ctx context.Context) (bool, error) {
				return apierrors.IsNotFound(crds.Delete(ctx, name, metav1.DeleteOptions{})), nil
			}); err != nil {
				t.Errorf("delete %s: %v", name, err)
			}
		}
	})
}

func (s *stage) serveGit(t *testing.T) {
	s.git = map[string]*gitServer{}
	for name, options := range map[string]gitserver.Options{
		"git": {}, "private_git": {Username: "ada", Password: "correct horse"},
	} {
		server := gitserver.New(t.TempDir(), options)
		web := httptest.NewServer(server)
		t.Cleanup(web.Close)
		s.git[name] = &gitServer{Server: server, url: web.URL}
	}
}

func (s *stage) startController(t *testing.T) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	s.controller, err = controller.New(controller.Options{
		Config: sandboxtest.Start(t), Log: log, MirrorDir: t.TempDir(), OwnNamespace: "fairlead",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.controller.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the controller: %v", err)
		}
	})
}

// until polls a condition. What takes longer than its patience is broken, however busy the machine.
func until(ctx context.Context, condition wait.ConditionWithContextFunc) error {
	const often, patience = 50 * time.Millisecond, time.Minute
	return wait.PollUntilContextTimeout(ctx, often, patience, true, condition)
}
