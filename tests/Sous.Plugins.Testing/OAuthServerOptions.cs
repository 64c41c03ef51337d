namespace Sous.Plugins.Testing;

/// <summary>What kind of service an <see cref="OAuthServer"/> is.</summary>
internal sealed record OAuthServerOptions
{
    /// <summary>Zero: a refresh token is good once. Longer: it may be sent again for so long, as services do that expect answers to be lost.</summary>
    public TimeSpan ReuseLeeway { get; init; }

    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where consent may send a browser back to: each in full, as an operator registers them.</summary>
    public IReadOnlyList<Uri> RedirectAddresses { get; init; } = [];

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
