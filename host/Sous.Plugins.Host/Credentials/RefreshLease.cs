namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// The right to spend one version of a credential, written down before the service is asked. What is left of it after a crash
/// says that the service may have answered with a new token that nobody has.
/// </summary>
/// <param name="HolderId">Who holds it: one run of one host.</param>
/// <param name="Version">The credential's version that it would spend.</param>
internal sealed record RefreshLease(DateTimeOffset At, string HolderId, long Version)
{
    /// <summary>
    /// How long nobody else may ask. It outlives the holder's request by enough for clocks that differ, since two requests with
    /// one rotating token kill the grant.
    /// </summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    public DateTimeOffset Until => At + Life;

    /// <summary>When the first holder asked who never settled it and let the next take it over, or null.</summary>
    public DateTimeOffset? UnsettledSince { get; init; }
}
