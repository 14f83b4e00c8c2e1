/** The keys of a reward function's `params`, each with its type, unit and one line on what it holds. */

export interface RewardParam {
  key: string;
  type: string;
  text: string;
}

const param = (key: string, type: string, text: string): RewardParam => ({ key, type, text });

export const REWARD_PARAMS: readonly RewardParam[] = [
  param("all_wheels_on_track", "bool", "True while all four wheels are between the borders."),
  param("x", "float, m", "Where the car's front is, along the track's x axis."),
  param("y", "float, m", "Where the car's front is, along the track's y axis."),
  param("heading", "float, degrees", "Where the car points, -180 to 180; 0 is along x, left turns count up."),
  param("progress", "float, %", "How much of a lap is done since this episode started, up to 100."),
  param("steps", "float", "Steps since the episode started; your function is first called at 2."),
  param("speed", "float, m/s", "The speed that the chosen action asks for."),
  param(
    "steering_angle",
    "float, degrees",
    "The steering that the chosen action asks for; left is positive, -30 to 30.",
  ),
  param(
    "distance_from_center",
    "float, m",
    "How far the car's front is from the centre line; never negative.",
  ),
  param("track_width", "float, m", "How wide the road is at this place."),
  param("track_length", "float, m", "Length of one lap along the centre line."),
  param(
    "waypoints",
    "list of (x, y), m",
    "Points of the centre line in driving order; on a loop the last repeats the first.",
  ),
  param(
    "closest_waypoints",
    "[int, int]",
    "Indices of the waypoint just behind the car's front and of the one ahead.",
  ),
  param("is_left_of_center", "bool", "True while the car is left of the centre line."),
  param("is_reversed", "bool", "True when the run drives the track against its usual direction."),
  param("is_offtrack", "bool", "True when no wheel is on the road any more; the episode ends here."),
  param("is_crashed", "bool", "True when the car hits an object on this step."),
  param("projection_distance", "float, m", "Distance along the centre line from the track's start line."),
  param("sim_time", "float, s", "The simulation's clock."),
  param("closest_objects", "[int, int]", "Indices of the objects behind and ahead; [0, 0] without objects."),
  param(
    "objects_location",
    "list of [x, y], m",
    "Centres of the objects on the track; empty without objects.",
  ),
  param(
    "objects_distance",
    "list of float, m",
    "Each object's distance along the centre line from the start line.",
  ),
  param("objects_distance_from_center", "list of float, m", "Each object's distance from the centre line."),
  param("objects_left_of_center", "list of bool", "For each object, whether it is left of the centre line."),
  param("objects_heading", "list of float", "Where each object points; 0.0 for boxes."),
  param("objects_speed", "list of float, m/s", "How fast each object drives; 0.0 for boxes."),
  param("object_in_camera", "bool", "True while the next object is in the camera's view."),
];
