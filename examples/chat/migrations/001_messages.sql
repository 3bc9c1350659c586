create table messages (
  id text primary key,
  room text not null,
  author text not null,
  body text not null,
  at text not null,
  n integer not null
);
create index messages_by_room on messages (room, n);
