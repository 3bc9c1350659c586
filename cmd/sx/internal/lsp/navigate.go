package lsp

// Definition, references and highlights.

func (s *server) definition(ix *index, f *file, offset int, _ *positionParams) (any, error) {
	if r := ix.definition(f, offset); r != nil {
		return Location{r.file.uri, r.file.text().span(r.start, r.end, s.enc)}, nil
	}
	if l := ix.declared(f, offset); l != nil {
		return l.location(s.enc), nil
	}
	return nil, nil
}

func (s *server) references(ix *index, f *file, offset int, p *referenceParams) (any, error) {
	out := []Location{}
	refs := ix.references(f, offset)
	if refs == nil {
		refs = ix.declarationUses(f, offset)
	}
	for _, r := range refs {
		if r.file.uri != "" && (p.Context.IncludeDeclaration || !r.binds) {
			out = append(out, Location{r.file.uri, r.file.text().span(r.start, r.end, s.enc)})
		}
	}
	return out, nil
}

func (s *server) highlight(ix *index, f *file, offset int, _ *positionParams) (any, error) {
	const read, write = 2, 3
	out := []documentHighlight{}
	refs := ix.references(f, offset)
	if refs == nil {
		refs = ix.declarationUses(f, offset)
	}
	for _, r := range refs {
		if r.file == f {
			kind := read
			if r.binds {
				kind = write
			}
			out = append(out, documentHighlight{r.file.text().span(r.start, r.end, s.enc), kind})
		}
	}
	return out, nil
}

func (r *ref) location(enc encoding) Location {
	return Location{r.file.uri, r.file.text().span(r.start, r.end, enc)}
}
