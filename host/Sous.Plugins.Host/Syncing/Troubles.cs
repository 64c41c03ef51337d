using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing;

internal static class Troubles
{
    /// <returns>Who must act before it is over.</returns>
    public static Actor WhoMustAct(this Trouble trouble) => trouble switch
    {
        Trouble.NeedsReconnect => Actor.Owner,
        Trouble.Misconfigured or Trouble.Suspect or Trouble.Storage or Trouble.Unmapped or Trouble.Paused => Actor.Operator,
        Trouble.DriverDefect => Actor.DriverAuthor,
        Trouble.HostDefect => Actor.HostAuthor,
        _ => Actor.Nobody,
    };
}
