package lsp

// The parts of the protocol that are used here, by the names of LSP 3.17.

// Position is a place in a text: line and character from 0, characters in the unit that was agreed on.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// Range is a part of a text; End is behind it.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Location is a part of a file.
type Location struct {
	URI   string `json:"uri"`
	Range Range  `json:"range"`
}

// TextEdit replaces a part of a text.
type TextEdit struct {
	Range   Range  `json:"range"`
	NewText string `json:"newText"`
}

type (
	initializeParams struct {
		RootURI          string `json:"rootUri"`
		RootPath         string `json:"rootPath"`
		WorkspaceFolders []struct {
			URI string `json:"uri"`
		} `json:"workspaceFolders"`
		Capabilities clientCapabilities `json:"capabilities"`
	}
	clientCapabilities struct {
		General struct {
			PositionEncodings []string `json:"positionEncodings"`
		} `json:"general"`
		Workspace struct {
			WorkspaceEdit struct {
				DocumentChanges bool `json:"documentChanges"`
			} `json:"workspaceEdit"`
			DidChangeWatchedFiles struct {
				DynamicRegistration bool `json:"dynamicRegistration"`
			} `json:"didChangeWatchedFiles"`
		} `json:"workspace"`
		TextDocument struct {
			DocumentSymbol struct {
				Hierarchical bool `json:"hierarchicalDocumentSymbolSupport"`
			} `json:"documentSymbol"`
			Hover struct {
				ContentFormat []string `json:"contentFormat"`
			} `json:"hover"`
			PublishDiagnostics struct {
				RelatedInformation bool `json:"relatedInformation"`
			} `json:"publishDiagnostics"`
		} `json:"textDocument"`
	}
	foldersParams struct {
		Event struct {
			Added, Removed []struct {
				URI string `json:"uri"`
			}
		} `json:"event"`
	}

	documentID struct {
		URI     string `json:"uri"`
		Version *int   `json:"version,omitempty"`
	}
	openParams struct {
		TextDocument struct {
			URI     string `json:"uri"`
			Version int    `json:"version"`
			Text    string `json:"text"`
		} `json:"textDocument"`
	}
	changeParams struct {
		TextDocument   documentID `json:"textDocument"`
		ContentChanges []struct {
			Range *Range `json:"range"`
			Text  string `json:"text"`
		} `json:"contentChanges"`
	}
	documentParams struct {
		TextDocument documentID `json:"textDocument"`
	}
	positionParams struct {
		TextDocument documentID `json:"textDocument"`
		Position     Position   `json:"position"`
	}
	referenceParams struct {
		positionParams
		Context struct {
			IncludeDeclaration bool `json:"includeDeclaration"`
		} `json:"context"`
	}
	renameParams struct {
		positionParams
		NewName string `json:"newName"`
	}
	symbolParams struct {
		Query string `json:"query"`
	}
	filesParams struct {
		Changes []struct {
			URI string `json:"uri"`
		} `json:"changes"`
	}

	diagnostic struct {
		Range    Range         `json:"range"`
		Severity int           `json:"severity"`
		Code     string        `json:"code,omitempty"`
		Source   string        `json:"source"`
		Message  string        `json:"message"`
		Tags     []int         `json:"tags,omitempty"`
		Related  []relatedInfo `json:"relatedInformation,omitempty"`
	}
	relatedInfo struct {
		Location Location `json:"location"`
		Message  string   `json:"message"`
	}
	publishParams struct {
		URI         string       `json:"uri"`
		Version     *int         `json:"version,omitempty"`
		Diagnostics []diagnostic `json:"diagnostics"`
	}

	markup struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	}
	hoverResult struct {
		Contents markup `json:"contents"`
		Range    *Range `json:"range,omitempty"`
	}
	completionItem struct {
		Label         string    `json:"label"`
		Kind          int       `json:"kind"`
		Detail        string    `json:"detail,omitempty"`
		Documentation *markup   `json:"documentation,omitempty"`
		SortText      string    `json:"sortText,omitempty"`
		FilterText    string    `json:"filterText,omitempty"`
		TextEdit      *TextEdit `json:"textEdit,omitempty"`
	}
	completionList struct {
		IsIncomplete bool             `json:"isIncomplete"`
		Items        []completionItem `json:"items"`
	}
	signatureResult struct {
		Signatures      []signatureInfo `json:"signatures"`
		ActiveSignature int             `json:"activeSignature"`
		ActiveParameter int             `json:"activeParameter"`
	}
	signatureInfo struct {
		Label         string          `json:"label"`
		Documentation *markup         `json:"documentation,omitempty"`
		Parameters    []parameterInfo `json:"parameters"`
	}
	parameterInfo struct {
		Label [2]int `json:"label"`
	}
	documentSymbol struct {
		Name           string           `json:"name"`
		Detail         string           `json:"detail,omitempty"`
		Kind           int              `json:"kind"`
		Range          Range            `json:"range"`
		SelectionRange Range            `json:"selectionRange"`
		Children       []documentSymbol `json:"children,omitempty"`
	}
	symbolInformation struct {
		Name          string   `json:"name"`
		Kind          int      `json:"kind"`
		Location      Location `json:"location"`
		ContainerName string   `json:"containerName,omitempty"`
	}
	documentHighlight struct {
		Range Range `json:"range"`
		Kind  int   `json:"kind"`
	}
	prepareResult struct {
		Range       Range  `json:"range"`
		Placeholder string `json:"placeholder"`
	}
	workspaceEdit struct {
		Changes         map[string][]TextEdit `json:"changes,omitempty"`
		DocumentChanges []documentEdit        `json:"documentChanges,omitempty"`
	}
	documentEdit struct {
		TextDocument versionedID `json:"textDocument"`
		Edits        []TextEdit  `json:"edits"`
	}
	versionedID struct {
		URI     string `json:"uri"`
		Version *int   `json:"version"` // null: not open
	}
)

// Kinds of diagnostics, completions and symbols.
const (
	severityError   = 1
	severityWarning = 2
	tagUnnecessary  = 1

	itemFunction = 3
	itemField    = 5
	itemVariable = 6
	itemClass    = 7
	itemProperty = 10
	itemValue    = 12
	itemKeyword  = 14

	symbolFile     = 1
	symbolClass    = 5
	symbolMethod   = 6
	symbolFunction = 12
	symbolVariable = 13
	symbolObject   = 19
	symbolEvent    = 24
	symbolOperator = 25
)
