package lsp

import "encoding/json"

// The parts of the Language Server Protocol 3.17 that are spoken here.
// Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/

type initializeParams struct {
	RootURI          string            `json:"rootUri"`
	WorkspaceFolders []workspaceFolder `json:"workspaceFolders"`
	Capabilities     struct {
		Workspace struct {
			WorkspaceEdit struct {
				DocumentChanges bool `json:"documentChanges"`
			} `json:"workspaceEdit"`
		} `json:"workspace"`
	} `json:"capabilities"`
}

type workspaceFolder struct {
	URI string `json:"uri"`
}

type foldersParams struct {
	Event struct {
		Added   []workspaceFolder `json:"added"`
		Removed []workspaceFolder `json:"removed"`
	} `json:"event"`
}

type openParams struct {
	TextDocument struct {
		URI     string `json:"uri"`
		Version int    `json:"version"`
		Text    string `json:"text"`
	} `json:"textDocument"`
}

type changeParams struct {
	TextDocument   versioned `json:"textDocument"`
	ContentChanges []change  `json:"contentChanges"`
}

// change replaces a range, or all if there is none.
type change struct {
	Range *textRange `json:"range"`
	Text  string     `json:"text"`
}

type versioned struct {
	URI     string `json:"uri"`
	Version int    `json:"version"`
}

// documentParams name a document, and a place in it if the method is about one.
type documentParams struct {
	TextDocument struct {
		URI string `json:"uri"`
	} `json:"textDocument"`
	Position position  `json:"position"`
	Range    textRange `json:"range"`
	Context  struct {
		Only []string `json:"only"`
	} `json:"context"`
}

// position is 0-based; characters are units of UTF-16.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

func (p position) before(other position) bool {
	return p.Line < other.Line || p.Line == other.Line && p.Character < other.Character
}

// textRange ends before End.
type textRange struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

// touches says whether two ranges have a place in common, their ends included: a cursor is an empty range.
func (r textRange) touches(other textRange) bool {
	return !r.End.before(other.Start) && !other.End.before(r.Start)
}

type diagnostic struct {
	Range    textRange `json:"range"`
	Severity int       `json:"severity"`
	Code     string    `json:"code"`
	Source   string    `json:"source"`
	Message  string    `json:"message"`
}

type publishParams struct {
	URI         string       `json:"uri"`
	Version     *int         `json:"version,omitempty"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type hover struct {
	Contents markup    `json:"contents"`
	Range    textRange `json:"range"`
}

type markup struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

type codeAction struct {
	Title       string        `json:"title"`
	Kind        string        `json:"kind"`
	Diagnostics []diagnostic  `json:"diagnostics"`
	IsPreferred bool          `json:"isPreferred,omitempty"`
	Edit        workspaceEdit `json:"edit"`
}

// workspaceEdit has its edits with the document's version for clients that heed it, else without.
type workspaceEdit struct {
	DocumentChanges []documentEdit        `json:"documentChanges,omitempty"`
	Changes         map[string][]textEdit `json:"changes,omitempty"`
}

type documentEdit struct {
	TextDocument optionallyVersioned `json:"textDocument"`
	Edits        []textEdit          `json:"edits"`
}

// optionallyVersioned is a document in an edit: as it is on disk, or in a version of it that is open.
type optionallyVersioned struct {
	URI     string `json:"uri"`
	Version *int   `json:"version"`
}

type textEdit struct {
	Range   textRange `json:"range"`
	NewText string    `json:"newText"`
}

type logParams struct {
	Type    int    `json:"type"`
	Message string `json:"message"`
}

// capabilities are what initialize is answered with.
func capabilities(version string) json.RawMessage {
	return encoded(map[string]any{
		"capabilities": map[string]any{
			"positionEncoding":   "utf-16",
			"textDocumentSync":   map[string]any{"openClose": true, "change": 2, "save": map[string]any{}},
			"hoverProvider":      true,
			"codeActionProvider": map[string]any{"codeActionKinds": []string{quickFix}},
			"workspace":          map[string]any{"workspaceFolders": map[string]any{"supported": true, "changeNotifications": true}},
		},
		"serverInfo": map[string]any{"name": "fairlead", "version": version},
	})
}

const quickFix = "quickfix"

// encoded is a value of this package's own as JSON, which it always can be.
func encoded(v any) json.RawMessage {
	text, _ := json.Marshal(v)
	return text
}
