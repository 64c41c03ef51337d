using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Sdk;

/// <summary>
/// What the host lends to a driver: the only way out to the network, to the clock and to the log. Made by the host, so it
/// can grow; the host disposes of what is in it.
/// </summary>
public sealed class DriverContext
{
    /// <summary>
    /// Sends requests that the host authorizes, budgets, retries and restricts to the manifest's hosts.
    /// Of a POST or PATCH it repeats only what certainly was not carried out, unless it is marked as one that <see cref="ServiceRequest.OnlyReads"/>.
    /// Its base address is <see cref="ApiAddress"/>; the access token is added below it and is never seen here.
    /// </summary>
    public required HttpClient Http { get; init; }

    /// <summary>The handler under <see cref="Http"/>, for client libraries that bring their own client.</summary>
    public required HttpMessageHandler HttpHandler { get; init; }

    /// <summary>Where the service's API is, with a slash at its end: the manifest's address, or the operator's (a sandbox, a simulator).</summary>
    public required Uri ApiAddress { get; init; }

    /// <summary>The clock. A driver takes no time from anywhere else.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>The log. No record, token or personal datum belongs into it.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The connection's settings, already valid by the manifest's schema; an object, empty where there are none.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>The service's own id of the account that the connection was granted for, or null while it is not known.</summary>
    public string? AccountId { get; init; }
}
