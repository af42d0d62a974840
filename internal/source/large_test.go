package source

import (
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// manyFiles is 50,000 files in 1,000 applications of 20 teams.
func manyFiles() map[string][]byte {
	files := map[string][]byte{}
	for app := range 1000 {
		for file := range 50 {
			files[appFile(app, file)] = fmt.Appendf(nil, "app: %d\nfile: %d\n", app, file)
		}
	}
	return files
}

func appFile(app, file int) string {
	return fmt.Sprintf("apps/team-%02d/app-%03d/file-%02d.yaml", app%20, app, file)
}

// What it takes is logged, for people to see; machines differ too much for a bound.
func TestFiftyThousandFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	h := newHost(t, gitserver.Options{})
	h.commitAll(gitserver.Commit{Files: manyFiles()})
	var snapshot *Snapshot
	step := func(name string, do func()) {
		begin := time.Now()
		do()
		t.Logf("%-32s %v", name, time.Since(begin).Round(time.Millisecond))
	}
	step("first Fetch", func() { snapshot = h.fetch(Ref{}) })
	step("Fetch, nothing new", func() { snapshot = h.fetch(Ref{}) })
	h.commit("main", map[string]string{"apps/team-00/app-000/file-00.yaml": "changed"})
	step("Fetch, one file changed", func() { snapshot = h.fetch(Ref{}) })
	step("walk of all directories", func() {
		files := 0
		err := fs.WalkDir(snapshot.FS(), ".", func(_ string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				files++
			}
			return err
		})
		if err != nil || files != 50_000 {
			t.Errorf("%d files, %v", files, err)
		}
	})
	step("Prefetch of one application", func() {
		if err := snapshot.Prefetch(t.Context(), "apps/team-00/app-000"); err != nil {
			t.Error(err)
		}
	})
	step("Prefetch of 50 applications", func() {
		if err := snapshot.Prefetch(t.Context(), "apps/team-00"); err != nil {
			t.Error(err)
		}
	})
	step("read of 1,000 files", func() {
		for i := range 1000 {
			mustRead(t, snapshot, appFile(i/50*20, i%50))
		}
	})
}

func BenchmarkFiftyThousandFiles(b *testing.B) {
	server := gitserver.New(b.TempDir(), gitserver.Options{})
	if err := server.Create("config"); err != nil {
		b.Fatal(err)
	}
	if _, err := server.Commit(b.Context(), "config", gitserver.Commit{Files: manyFiles()}); err != nil {
		b.Fatal(err)
	}
	dir, err := server.Dir("config")
	if err != nil {
		b.Fatal(err)
	}
	fetch := func(b *testing.B, store *Store) *Snapshot {
		repo, err := store.Repo("file://"+dir, Auth{UseLocal: true}, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		snapshot, err := repo.Fetch(b.Context(), Ref{Branch: "main"})
		if err != nil {
			b.Fatal(err)
		}
		return snapshot
	}
	b.Run("first fetch", func(b *testing.B) {
		for b.Loop() {
			store := NewStore(b.TempDir())
			fetch(b, store)
			store.Close()
		}
	})
	store := NewStore(b.TempDir())
	defer store.Close()
	snapshot := fetch(b, store)
	b.Run("fetch nothing new", func(b *testing.B) {
		for b.Loop() {
			fetch(b, store)
		}
	})
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if _, err := fs.ReadDir(snapshot.FS(), "apps/team-00"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		if err := snapshot.Prefetch(b.Context(), "apps/team-00"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := fs.ReadFile(snapshot.FS(), "apps/team-00/app-000/file-00.yaml"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
