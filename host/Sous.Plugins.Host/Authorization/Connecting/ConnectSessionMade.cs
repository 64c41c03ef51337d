using Microsoft.AspNetCore.Http.HttpResults;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A new session, or why there is none.</summary>
/// <param name="Url">The owner's page; nobody can read its token again.</param>
/// <param name="Wait">With a problem that passes: how long until then.</param>
internal sealed record ConnectSessionMade(ConnectSession? Session, string? Url = null, ProblemHttpResult? Problem = null, TimeSpan? Wait = null)
{
    public override string ToString() => Session?.Id ?? "none";
}
