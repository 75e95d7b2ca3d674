-- What `studio.sql` leaves empty: rows of every other model, for the benchmark
-- of the whole surface. Loaded after it into the same database; ids are made
-- from labels as there. "Production 1" becomes a TV show.
\set ON_ERROR_STOP on
begin;
create or replace function pg_temp.uid(text) returns uuid language sql immutable
  as $$ select md5('studio/' || $1)::uuid $$;
create or replace function pg_temp.at(int) returns timestamp language sql immutable
  as $$ select timestamp '2025-01-06 09:00' + $1 * interval '7 minutes' $$;
create temp table big as select pg_temp.uid('project0') id, pg_temp.uid('projectp') none;
create temp table show as select pg_temp.uid('project1') id;
create temp table staff as
select id, row_number() over (order by created_at, id) n from person where not is_bot and not is_guest;
create temp table team as select count(*) size from staff;
create temp table work as
select t.id, t.entity_id, t.task_type_id, t.project_id, row_number() over (order by t.created_at, t.id) n
from task t where t.project_id = (select id from big);

insert into entity_type (id, name, archived, created_at, updated_at)
select pg_temp.uid('entity_type' || n), n, false, pg_temp.at(0), pg_temp.at(0)
from unnest(array['Episode', 'Edit', 'Concept', 'Scene']) n
where not exists (select 1 from entity_type e where e.name = n);

-- episodes of the TV show; edits, concepts and scenes of the big production ----
update project set production_type = 'tvshow' where id = (select id from show);
insert into entity (id, name, project_id, entity_type_id, is_shared, status, canceled, data, created_at, updated_at)
select pg_temp.uid('episode' || i), 'E' || lpad(i::text, 3, '0'), show.id,
  (select id from entity_type where name = 'Episode'), false, 'running', false, '{}', pg_temp.at(i), pg_temp.at(i)
from show, generate_series(1, 4) i;
update entity e set parent_id = pg_temp.uid('episode' || right(e.name, 1))
from entity_type t where t.id = e.entity_type_id and t.name = 'Sequence' and e.project_id = (select id from show);
update entity e set source_id = pg_temp.uid('episode' || 1 + right(e.name, 1)::int % 4)
from entity_type t where t.id = e.entity_type_id and t.name in ('Character', 'Prop') and e.project_id = (select id from show);
insert into entity (id, name, project_id, entity_type_id, parent_id, is_shared, status, canceled, data, created_at, updated_at)
select pg_temp.uid(k.name || i), k.name || ' ' || lpad(i::text, 3, '0'), big.id, k.id,
  case when k.name = 'Scene' then pg_temp.uid('p0sq' || i) end,
  false, 'running', false, '{}', pg_temp.at(i), pg_temp.at(i)
from big, entity_type k, generate_series(1, 60) i where k.name in ('Edit', 'Concept', 'Scene');
insert into entity (id, name, project_id, entity_type_id, parent_id, is_shared, status, canceled, data, created_at, updated_at)
select pg_temp.uid('episode edit' || i), 'Cut of E' || lpad(i::text, 3, '0'), show.id, k.id, pg_temp.uid('episode' || i),
  false, 'running', false, '{}', pg_temp.at(i), pg_temp.at(i)
from show, entity_type k, generate_series(1, 4) i where k.name = 'Edit';
insert into task (id, name, priority, difficulty, duration, estimation, completion_rate, retake_count, sort_order,
  start_date, due_date, last_comment_date, data, project_id, task_type_id, task_status_id, entity_id, assigner_id, created_at, updated_at)
select pg_temp.uid('task' || e.id), 'main', 0, 1, 60, 480, 0, 0, 0, pg_temp.at(1), pg_temp.at(500), pg_temp.at(300), '{}',
  e.project_id, t.id, (select id from task_status where not for_concept order by name limit 1), e.id, pg_temp.uid('person40'), e.created_at, e.created_at
from entity e join entity_type k on k.id = e.entity_type_id
join lateral (select id from task_type where for_entity = k.name order by name limit 1) t on true
where k.name in ('Edit', 'Concept', 'Episode', 'Scene');
insert into task_person_link (task_id, person_id)
select t.id, pg_temp.uid('person5') from task t join entity e on e.id = t.entity_id
join entity_type k on k.id = e.entity_type_id where k.name in ('Edit', 'Concept', 'Episode', 'Scene');

-- previews: one a task of the big production, with the task's first comment -----
insert into preview_file (id, name, original_name, revision, position, extension, status, validation_status, annotations,
  width, height, duration, file_size, task_id, person_id, is_movie, created_at, updated_at)
select pg_temp.uid('preview' || w.id), 'preview_' || w.n, 'render_' || w.n, 1, 1, 'mp4', 'ready', 'neutral',
  case when w.n % 5 = 0 then '[{"time": 1.25, "drawing": {"objects": []}}]'::jsonb end,
  1920, 1080, 4.5, 2500000 + w.n, w.id, pg_temp.uid('person' || 1 + w.n % (select size - 1 from team)), true,
  pg_temp.at((w.n % 20000)::int), pg_temp.at((w.n % 20000)::int)
from work w;
insert into comment_preview_link (comment, preview_file)
select pg_temp.uid('comment' || w.entity_id || w.task_type_id || 1), pg_temp.uid('preview' || w.id) from work w
where exists (select 1 from comment c where c.id = pg_temp.uid('comment' || w.entity_id || w.task_type_id || 1));
update entity e set preview_file_id = (
  select p.id from preview_file p join task t on t.id = p.task_id where t.entity_id = e.id order by p.id limit 1)
where e.project_id = (select id from big);
insert into attachment_file (id, name, size, extension, mimetype, comment_id, created_at, updated_at)
select pg_temp.uid('attachment' || w.n), 'notes_' || w.n || '.pdf', 1000 + w.n, 'pdf', 'application/pdf',
  pg_temp.uid('comment' || w.entity_id || w.task_type_id || 2), pg_temp.at(w.n::int), pg_temp.at(w.n::int)
from work w where w.n <= 2000
  and exists (select 1 from comment c where c.id = pg_temp.uid('comment' || w.entity_id || w.task_type_id || 2));
insert into preview_background_file (id, name, archived, is_default, original_name, extension, file_size, created_at, updated_at)
select pg_temp.uid('background' || i), 'Background ' || i, false, i = 1, 'studio_' || i, 'hdr', 1000, pg_temp.at(i), pg_temp.at(i)
from generate_series(1, 5) i;
insert into playlist (id, name, shots, project_id, for_client, for_entity, is_for_all, created_at, updated_at)
select pg_temp.uid('playlist' || i), 'Playlist ' || i, (
    select jsonb_agg(jsonb_build_object('entity_id', e.id, 'preview_file_id', e.preview_file_id))
    from entity e where e.parent_id = pg_temp.uid('p0sq' || i)),
  big.id, i % 4 = 0, 'shot', false, pg_temp.at(i), pg_temp.at(i)
from big, generate_series(1, 80) i;

-- files of the pipeline --------------------------------------------------------
insert into file_status (id, name, color, created_at, updated_at)
select pg_temp.uid('file status'), 'To review', '#999999', pg_temp.at(0), pg_temp.at(0)
where not exists (select 1 from file_status);
insert into output_type (id, name, short_name, created_at, updated_at)
select pg_temp.uid('output type' || n), n, lower(left(n, 3)), pg_temp.at(0), pg_temp.at(0)
from unnest(array['Geometry', 'Cache', 'Images']) n;
insert into software (id, name, short_name, archived, version, file_extension, secondary_extensions, monthly_cost, inventory_amount, created_at, updated_at)
select pg_temp.uid('software' || n), n, lower(left(n, 3)), false, '4.1', 'blend', '[]', 10, 20, pg_temp.at(0), pg_temp.at(0)
from unnest(array['Blender', 'Krita', 'Nuke']) n;
insert into hardware_item (id, name, short_name, archived, monthly_cost, inventory_amount, created_at, updated_at)
select pg_temp.uid('hardware' || n), n, lower(left(n, 3)), false, 10, 20, pg_temp.at(0), pg_temp.at(0)
from unnest(array['Workstation', 'Tablet']) n;
insert into software_department_link (id, software_id, department_id)
select pg_temp.uid('software of' || s.id || d.id), s.id, d.id from software s, department d;
insert into hardware_item_department_link (id, hardware_item_id, department_id)
select pg_temp.uid('hardware of' || h.id || d.id), h.id, d.id from hardware_item h, department d;
insert into working_file (id, name, revision, path, data, task_id, entity_id, person_id, software_id, comment, created_at, updated_at)
select pg_temp.uid('working' || w.n), 'main', 1, '/productions/p0/' || w.n || '.blend', '{}', w.id, w.entity_id,
  pg_temp.uid('person5'), pg_temp.uid('softwareBlender'), 'modelled', pg_temp.at((w.n % 20000)::int), pg_temp.at((w.n % 20000)::int)
from work w where w.n <= 6000;
insert into output_file (id, name, canceled, revision, representation, nb_elements, extension, path, data, file_status_id, entity_id,
  output_type_id, task_type_id, person_id, source_file_id, comment, created_at, updated_at)
select pg_temp.uid('output' || w.n), 'main', false, 1, 'abc', 1, '.abc', '/productions/p0/out/' || w.n || '.abc', '{}',
  (select id from file_status order by id limit 1), w.entity_id, pg_temp.uid('output typeCache'), w.task_type_id, pg_temp.uid('person5'),
  pg_temp.uid('working' || w.n), 'published', pg_temp.at((w.n % 20000)::int), pg_temp.at((w.n % 20000)::int)
from work w where w.n <= 6000;
insert into asset_instance (id, asset_id, name, number, active, data, scene_id, entity_type_id, created_at, updated_at)
select pg_temp.uid('instance' || i), a.id, a.name || '_0001', 1, true, '{}', pg_temp.uid('Scene' || 1 + i % 20), a.entity_type_id, pg_temp.at(i), pg_temp.at(i)
from generate_series(1, 200) i join entity a on a.id = pg_temp.uid('p0as' || i);
insert into asset_instance_link (entity_id, asset_instance_id)
select s.id, pg_temp.uid('instance' || i)
from generate_series(1, 200) i join entity s on s.id = pg_temp.uid('p0sh' || 1 + i % 50 || '/' || 1 + i % 20);
insert into output_file (id, name, canceled, revision, representation, nb_elements, path, data, file_status_id, asset_instance_id,
  temporal_entity_id, output_type_id, task_type_id, person_id, comment, created_at, updated_at)
select pg_temp.uid('instance output' || i), 'main', false, 1, 'abc', 1, '/productions/p0/instances/' || i || '.abc', '{}',
  (select id from file_status order by id limit 1), pg_temp.uid('instance' || i), pg_temp.uid('Scene' || 1 + i % 20),
  pg_temp.uid('output typeCache'), (select id from task_type order by name limit 1), pg_temp.uid('person5'), 'published', pg_temp.at(i), pg_temp.at(i)
from generate_series(1, 200) i;

-- planning, money, time ----------------------------------------------------------
insert into schedule_item (id, start_date, end_date, man_days, project_id, task_type_id, created_at, updated_at)
select pg_temp.uid('schedule' || t.id), '2025-01-06', '2025-03-31', 40, big.id, t.id, pg_temp.at(0), pg_temp.at(0)
from big, task_type t;
insert into milestone (id, date, name, project_id, task_type_id, created_at, updated_at)
select pg_temp.uid('milestone' || i), date '2025-01-06' + i * 14, 'Delivery ' || i, big.id, (select id from task_type order by name limit 1), pg_temp.at(i), pg_temp.at(i)
from big, generate_series(1, 12) i;
insert into production_schedule_version (id, name, project_id, locked, canceled, created_at, updated_at)
select pg_temp.uid('version' || i), 'Version ' || i, big.id, false, false, pg_temp.at(i), pg_temp.at(i) from big, generate_series(1, 3) i;
insert into production_schedule_version_task_link (id, production_schedule_version_id, task_id, start_date, due_date, estimation, created_at, updated_at)
select pg_temp.uid('version link' || w.n), pg_temp.uid('version1'), w.id, pg_temp.at(1), pg_temp.at(500), 480, pg_temp.at(1), pg_temp.at(1)
from work w where w.n <= 2000;
insert into day_off (id, date, end_date, person_id, description, created_at, updated_at)
select pg_temp.uid('day off' || s.n || '/' || i), date '2025-02-03' + i * 28 + (s.n % 20)::int, date '2025-02-05' + i * 28 + (s.n % 20)::int, s.id, 'holiday', pg_temp.at(i), pg_temp.at(i)
from staff s, generate_series(1, 4) i;
insert into desktop_login_log (id, person_id, date, created_at, updated_at)
select pg_temp.uid('desktop' || s.n || '/' || i), s.id, pg_temp.at(i * 200), pg_temp.at(i * 200), pg_temp.at(i * 200)
from staff s, generate_series(1, 40) i;
insert into login_log (id, person_id, ip_address, origin, created_at, updated_at)
select pg_temp.uid('login' || s.n || '/' || i), s.id, '10.0.0.1', 'web', pg_temp.at(i * 200), pg_temp.at(i * 200)
from staff s, generate_series(1, 40) i;
insert into budget (id, project_id, revision, name, currency, created_at, updated_at)
select pg_temp.uid('budget' || i), big.id, i, 'Budget ' || i, 'EUR', pg_temp.at(i), pg_temp.at(i) from big, generate_series(1, 3) i;
insert into budget_entry (id, budget_id, department_id, person_id, start_date, months_duration, daily_salary, position, seniority, exceptions, created_at, updated_at)
select pg_temp.uid('entry' || s.n), pg_temp.uid('budget1'), (select id from department order by name limit 1), s.id, '2025-01-01', 12, 200, 'artist', 'mid', '{}', pg_temp.at(1), pg_temp.at(1)
from staff s where s.n <= 50;
insert into salary_scale (id, department_id, position, seniority, salary, created_at, updated_at)
select pg_temp.uid('salary' || d.id), d.id, 'artist', 'mid', 200, pg_temp.at(1), pg_temp.at(1) from department d
where not exists (select 1 from salary_scale);

-- the user's own view ---------------------------------------------------------------
insert into search_filter_group (id, list_type, entity_type, name, color, is_shared, person_id, project_id, created_at, updated_at)
select pg_temp.uid('filter group' || s.n), 'asset', 'Asset', 'Mine', '#000000', false, s.id, big.id, pg_temp.at(1), pg_temp.at(1) from staff s, big;
insert into search_filter (id, list_type, entity_type, name, search_query, is_shared, search_filter_group_id, person_id, project_id, created_at, updated_at)
select pg_temp.uid('filter' || s.n || '/' || i), 'asset', 'Asset', 'Filter ' || i, 'modeling=wip', false,
  pg_temp.uid('filter group' || s.n), s.id, big.id, pg_temp.at(i), pg_temp.at(i)
from staff s, big, generate_series(1, 4) i;
insert into subscription (id, person_id, task_id, created_at, updated_at)
select pg_temp.uid('subscription' || w.n), pg_temp.uid('person' || 1 + w.n % (select size - 1 from team)), w.id, pg_temp.at(1), pg_temp.at(1)
from work w where w.n <= 4000;
insert into chat (id, object_id, object_type, last_message, created_at, updated_at)
select pg_temp.uid('chat' || i), pg_temp.uid('p0as' || i), 'entity', pg_temp.at(100), pg_temp.at(1), pg_temp.at(1) from generate_series(1, 50) i;
insert into chat_participant (chat_id, person_id)
select pg_temp.uid('chat' || i), s.id from generate_series(1, 50) i, staff s where (s.n + i) % 10 = 0 or s.id in (select id from person where role = 'admin');
insert into chat_message (id, chat_id, person_id, text, created_at, updated_at)
select pg_temp.uid('message' || i || '/' || j), pg_temp.uid('chat' || i), pg_temp.uid('person' || j), 'Message ' || j || ' of the conversation', pg_temp.at(j), pg_temp.at(j)
from generate_series(1, 50) i, generate_series(1, 40) j;
insert into api_event (id, name, user_id, project_id, data, created_at, updated_at)
select pg_temp.uid('event' || w.n), 'task:update', pg_temp.uid('person5'), w.project_id, jsonb_build_object('task_id', w.id, 'project_id', w.project_id),
  pg_temp.at((w.n % 20000)::int), pg_temp.at((w.n % 20000)::int)
from work w;

-- settings of productions --------------------------------------------------------------
insert into status_automation (id, entity_type, in_task_type_id, in_task_status_id, out_field_type, out_task_type_id, out_task_status_id, archived, created_at, updated_at)
select pg_temp.uid('automation' || i), 'asset', (select id from task_type where for_entity = 'Asset' order by name limit 1),
  (select id from task_status order by name limit 1), 'status', (select id from task_type where for_entity = 'Asset' order by name offset 1 limit 1),
  (select id from task_status order by name limit 1), false, pg_temp.at(i), pg_temp.at(i)
from generate_series(1, 3) i;
insert into project_status_automation_link (project_id, status_automation_id)
select big.id, a.id from big, status_automation a;
insert into project_preview_background_file_link (project_id, preview_background_file_id)
select big.id, b.id from big, preview_background_file b;
insert into custom_action (id, name, url, entity_type, is_ajax, created_at, updated_at)
select pg_temp.uid('action' || i), 'Action ' || i, 'http://localhost/' || i, 'all', false, pg_temp.at(i), pg_temp.at(i) from generate_series(1, 3) i;
insert into studio (id, name, color, archived, created_at, updated_at)
select pg_temp.uid('studio' || i), 'Studio ' || i, '#000000', false, pg_temp.at(i), pg_temp.at(i) from generate_series(1, 3) i;
insert into project_template (id, name, production_type, production_style, created_at, updated_at)
select pg_temp.uid('template' || i), 'Template ' || i, 'short', '3d', pg_temp.at(i), pg_temp.at(i) from generate_series(1, 3) i;
insert into project_template_task_type_link (id, project_template_id, task_type_id, priority, created_at, updated_at)
select pg_temp.uid('template type' || t.id), pg_temp.uid('template1'), t.id, 1, pg_temp.at(1), pg_temp.at(1) from task_type t;
commit;
