create table pictures (
  id text primary key,
  file text not null,
  caption text not null,
  taken text not null
);
