namespace Sous.Plugins.Host.Credentials.Rotation;

internal enum RotationState
{
    /// <summary>There has been none.</summary>
    None,

    Running,

    Finished,
}
