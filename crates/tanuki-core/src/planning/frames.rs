//! Number of frames of shots, computed from the duration of their previews.

use serde_json::Map;
use tanuki_store::query::{breakdown, entities::frames};
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::{Caller, Error, JsonRow, MalformedId, MaybeId, Planning, Result};

impl Planning<'_> {
    /// Sets `nb_frames` of the shots of a project, or of one of its episodes,
    /// from the duration of their last preview of a task type and the frame
    /// rate of the project. Returns `id` and `nb_frames` of each shot that has
    /// such a preview. Requires a manager of the project or an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` if the caller does
    /// not manage it, `Invalid` if an id is malformed or the project has no
    /// valid frame rate.
    pub async fn set_frames_from_previews(
        self,
        caller: &Caller,
        project: &MaybeId,
        task_type: &MaybeId,
        episode: Option<&MaybeId>,
    ) -> Result<Vec<JsonRow>> {
        if caller.is_admin() {
            project.hyphenated(MalformedId::ProjectOrTaskType)?;
        }
        let project_id = self.require_plan_manager(caller, project).await?.project_id;
        let task_type_id = task_type.hyphenated(MalformedId::ProjectOrTaskType)?;
        let episode_id = episode
            .map(|id| id.hyphenated(MalformedId::Episode))
            .transpose()?;
        // The permission check does not load the project of an admin.
        self.core.require_existing(project_id).await?;
        let fps = self.frames_per_second(project_id).await?;
        let fps = fps.ok_or_else(|| {
            Error::invalid(
                "The fps of the production is not a number over 0. Set it before shots get \
                 their lengths by it.",
            )
        })?;
        let mut transaction = self.core.database().begin().await?;
        let durations =
            frames::last_durations(&mut transaction, project_id, task_type_id, episode_id).await?;
        let ids: Vec<Uuid> = durations.iter().map(|(id, _)| *id).collect();
        breakdown::lock(&mut transaction, &ids).await?;
        let mut counts = Vec::with_capacity(durations.len());
        let mut shots = Vec::with_capacity(durations.len());
        for (id, seconds) in durations {
            let Some(count) = frames(seconds, fps) else {
                continue;
            };
            counts.push((id, count.into()));
            shots.push(Map::from_iter([
                ("id".to_owned(), id.to_string().into()),
                ("nb_frames".to_owned(), count.into()),
            ]));
        }
        let now = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        write::update_each(&mut transaction, (&ENTITY, "nb_frames"), &counts, now).await?;
        transaction.commit().await?;
        Ok(shots)
    }
}

/// Returns the number of frames of a duration in seconds, rounded half to even;
/// `None` if it is negative, not finite or does not fit the column.
fn frames(seconds: f64, fps: f64) -> Option<i32> {
    let count = (seconds * fps).round_ties_even();
    (0.0..=f64::from(i32::MAX))
        .contains(&count)
        .then_some(count as i32)
}

#[cfg(test)]
mod tests {
    use super::frames;

    #[test]
    fn a_length_that_no_shot_can_have_is_none() {
        assert_eq!(frames(10.0, 23.976), Some(240));
        assert_eq!(frames(0.0, 25.0), Some(0));
        for seconds in [-1.0, 1e12, f64::NAN, f64::INFINITY] {
            assert_eq!(frames(seconds, 25.0), None, "{seconds}");
        }
    }
}
