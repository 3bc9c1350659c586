create table cards (
  id text primary key,
  title text not null,
  col text not null,
  at text not null
);
create table log (
  id text primary key,
  body text not null,
  at text not null
);
insert into cards(id, title, col, at) values
  ('c1', 'Drag this card', 'todo', '2026-01-01T00:00:01Z'),
  ('c2', 'Open a second window', 'todo', '2026-01-01T00:00:02Z'),
  ('c3', 'Read app.sx', 'doing', '2026-01-01T00:00:03Z');
