namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>Whether somebody waits for a token now.</summary>
internal enum Urgency
{
    /// <summary>A caller waits for the answer.</summary>
    Live,

    /// <summary>Renewed ahead of need, or after trouble.</summary>
    Scheduled,
}
