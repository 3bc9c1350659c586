create table todos (
  id integer primary key generated always as identity,
  title text not null,
  done boolean not null default false
);
