namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>How far a rotation of the data keys is, as the API shows it.</summary>
/// <param name="Done">Of <paramref name="Total"/>, since the host was last started.</param>
/// <param name="Unreadable">Known at the end.</param>
internal sealed record RotationView(RotationState State, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, Guid? RingKey, long Done, long Total, long Unreadable)
{
    public static RotationView Of(DataRotation? rotation) => rotation is null
        ? new RotationView(RotationState.None, null, null, null, 0, 0, 0)
        : new RotationView(
            rotation.FinishedAt is null ? RotationState.Running : RotationState.Finished,
            rotation.StartedAt,
            rotation.FinishedAt,
            rotation.RingKey,
            rotation.Done,
            rotation.Total,
            rotation.Unreadable);
}
