create table todos (
  id integer primary key,
  title text not null,
  done boolean not null default false
);
