using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Sdk.Testing;

/// <summary>
/// A service at work, with data enough to show the rules: a simulator, recorded answers, a sandbox. The suite stands between
/// it and the driver, authorizes what passes, and answers in its place where something is to go wrong. Its data must not change
/// while the suite runs. It takes several requests at once.
/// </summary>
public sealed class SampleService : IAsyncDisposable
{
    /// <summary>Where its API is, with a slash at its end. It takes the place of the manifest's <c>apiAddress</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>The token that the host would add to each request, by the manifest's <c>keyHeader</c> or as a bearer. The driver must never get hold of it.</summary>
    public required Secret AccessToken { get; init; }

    /// <summary>The service's own answer to a token that is no longer good.</summary>
    public required ServiceAnswer Unauthorized { get; init; }

    /// <summary>The service's own answer to a token that lacks a scope.</summary>
    public required ServiceAnswer Forbidden { get; init; }

    /// <summary>Answers the requests; null for the network. Disposed of by whoever made it.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The clock of service and driver. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The connection's settings, a JSON object. Default none.</summary>
    public string Settings { get; init; } = "{}";

    /// <summary>The location whose sales are fetched, by the service's id; null for the first one that is discovered and active.</summary>
    public string? LocationId { get; init; }

    /// <summary>The location itself, for a driver that discovers none.</summary>
    public Location? Location { get; init; }

    /// <summary>How far back sales are fetched; null for the manifest's <c>backfillDays</c>. All sample sales lie in it.</summary>
    public InstantRange? Range { get; init; }

    /// <summary>Size of a page. Small enough for each stream to take three pages at least; default 20.</summary>
    public int PageSize { get; init; } = 20;

    /// <summary>The file whose content is fetched, by the service's id; needed where the driver stores files.</summary>
    public string? FileId { get; init; }

    /// <summary>Genuine webhooks; at least one where the factory takes webhooks.</summary>
    public IReadOnlyList<WebhookSample> Webhooks { get; init; } = [];

    /// <summary>Further secrets that must come out nowhere: a client secret, a refresh token.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];

    /// <summary>What runs the service; disposed of after the last rule, or null.</summary>
    public IAsyncDisposable? Owner { get; init; }

    /// <summary>Ends the service.</summary>
    public ValueTask DisposeAsync() => Owner?.DisposeAsync() ?? ValueTask.CompletedTask;
}
