namespace Sous.Plugins.Host.Dashboard.SignIn;

/// <summary>A browser that is signed in.</summary>
/// <param name="KeyId">The key that it began with, and that it ends with.</param>
/// <param name="Seen">When a page was last asked for.</param>
internal sealed record DashboardSession(string KeyId, DateTimeOffset StartedAt, DateTimeOffset Seen)
{
    /// <summary>How long one goes on without a page being asked for.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>How long one goes on at most.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(8);

    public bool IsOver(DateTimeOffset now) => now - Seen >= Idle || now - StartedAt >= Life;
}
