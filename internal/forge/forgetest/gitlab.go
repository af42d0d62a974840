package forgetest

import (
	"fmt"
	"net/http"
	"strings"
)

// gitlab speaks https://docs.gitlab.com/api/.
func (s *Server) gitlab(mux *http.ServeMux) string {
	const project = "/api/v4/projects/{project}"
	mux.HandleFunc("GET /api/v4/user", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, hubUser(Me)) })
	mux.HandleFunc("GET "+project+"/merge_requests", s.locked(s.labList))
	mux.HandleFunc("POST "+project+"/merge_requests", s.labCreate)
	mux.HandleFunc("PUT "+project+"/merge_requests/{number}", s.locked(s.labEdit))
	mux.HandleFunc("GET "+project+"/merge_requests/{number}/notes", s.locked(s.labNotes))
	mux.HandleFunc("POST "+project+"/merge_requests/{number}/notes", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.find(w, r, r.PathValue("project")); one != nil {
			answer(w, http.StatusCreated, labNote(*one.comment(text(sent(r), "body"))))
		}
	}))
	mux.HandleFunc("PUT "+project+"/merge_requests/{number}/notes/{comment}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.findComment(w, r); one != nil {
			one.Text = text(sent(r), "body")
			answer(w, http.StatusOK, labNote(*one))
		}
	}))
	mux.HandleFunc("GET "+project+"/repository/branches/{branch}", func(w http.ResponseWriter, r *http.Request) {
		tip := s.Tip(r.PathValue("project"), r.PathValue("branch"))
		if tip == "" {
			s.refuse(w, http.StatusNotFound, "404 Branch Not Found")
			return
		}
		answer(w, http.StatusOK, map[string]any{"name": r.PathValue("branch"), "commit": map[string]string{"id": tip, "short_id": tip[:8]}})
	})
	mux.HandleFunc("DELETE "+project+"/repository/branches/{branch}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if !s.deleteBranch(r.PathValue("project"), r.PathValue("branch")) {
			s.refuse(w, http.StatusNotFound, "404 Branch Not Found")
			return
		}
		answer(w, http.StatusNoContent, nil)
	}))
	return "/api/v4/"
}

func (s *Server) labRequest(one *Request) map[string]any {
	from := 7
	if one.FromFork {
		from = 8
	}
	return map[string]any{
		"id": 9000 + one.Number, "iid": one.Number, "project_id": 7, "title": one.Title, "description": one.Body,
		"state": strings.Replace(one.State, "open", "opened", 1), "source_branch": one.From, "target_branch": one.Into,
		"source_project_id": from, "target_project_id": 7, "sha": s.Tip(one.Repository, one.From), "draft": false,
		"web_url": fmt.Sprintf("%s/%s/-/merge_requests/%d", s.URL, one.Repository, one.Number),
	}
}

func (s *Server) labList(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	all := s.of(r.PathValue("project"), func(one *Request) bool {
		isIn := !query.Has("state") || query.Get("state") == "all" || query.Get("state") == strings.Replace(one.State, "open", "opened", 1)
		return isIn && (!query.Has("source_branch") || query.Get("source_branch") == one.From)
	})
	from, to, more := s.page(r, "per_page", len(all))
	list := []any{}
	for _, one := range all[from:to] {
		list = append(list, s.labRequest(one))
	}
	s.linked(w, r, more)
	answer(w, http.StatusOK, list)
}

func (s *Server) labCreate(w http.ResponseWriter, r *http.Request) {
	in := sent(r)
	made, why := s.create(Request{
		Repository: r.PathValue("project"), Title: text(in, "title"), Body: text(in, "description"), From: text(in, "source_branch"), Into: text(in, "target_branch"),
	})
	switch why {
	case fine:
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusCreated, s.labRequest(made))
	case duplicate:
		answer(w, http.StatusConflict, map[string]any{"message": []string{fmt.Sprintf("Another open merge request already exists for this source branch: !%d", made.Number)}})
	default:
		answer(w, http.StatusBadRequest, map[string]any{"message": map[string][]string{"source_branch": {"does not exist"}}})
	}
}

func (s *Server) labEdit(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, r.PathValue("project"))
	if one == nil {
		return
	}
	in := sent(r)
	one.Title, one.Body = text(in, "title"), text(in, "description")
	if text(in, "state_event") == "close" && one.State == "open" {
		one.State = "closed"
	}
	answer(w, http.StatusOK, s.labRequest(one))
}

func (s *Server) labNotes(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, r.PathValue("project"))
	if one == nil {
		return
	}
	from, to, more := s.page(r, "per_page", len(one.Comments))
	list := []any{}
	for _, c := range one.Comments[from:to] {
		list = append(list, labNote(c))
	}
	s.linked(w, r, more)
	answer(w, http.StatusOK, list)
}

func labNote(c Comment) map[string]any {
	return map[string]any{"id": c.ID, "body": c.Text, "author": hubUser(c.Author), "system": false}
}
