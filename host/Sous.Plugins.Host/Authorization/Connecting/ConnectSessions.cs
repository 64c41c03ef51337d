using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Makes connect sessions and finds them again, by id for the platform and by token for the owner.</summary>
internal sealed class ConnectSessions(
    IRegistry registry,
    DriverLookup drivers,
    ClientRegistrations clients,
    PublicAddress address,
    IOptionsMonitor<AuthorizationOptions> options,
    IOptions<ConnectLimitsOptions> limits,
    TimeProvider clock)
{
    private const string IdPrefix = "cs_";
    private const int IdLength = 22;

    /// <param name="link">The owner's address where it is one that was there before the session; null to draw one.</param>
    public async Task<ConnectSessionMade> CreateAsync(
        NewConnectSession request, TenantId tenant, Connection? reconnected, Caller caller, string? link, CancellationToken cancellationToken)
    {
        var driver = new DriverId(request.Driver ?? "");
        if (Judge(request, driver, reconnected) is { } problem)
        {
            return new ConnectSessionMade(null, Problem: problem);
        }

        var now = clock.GetUtcNow();
        var secret = RandomText.Secret();
        var session = new ConnectSession
        {
            Id = RandomText.Id(IdPrefix),
            Tenant = tenant,
            Driver = driver,
            Completion = request.Completion ?? CompletionMode.Required,
            Initiator = request.Initiator,
            ReturnTo = request.ReturnTo,
            Settings = request.Settings ?? reconnected?.Settings ?? JsonElement.Parse("{}"),
            Connection = reconnected?.Id,
            TokenHash = RandomText.Hash(link ?? secret),
            CreatedAt = now,
            ExpiresAt = now + ConnectSession.Life,
        };
        return await AddAsync(session, caller, cancellationToken) is { } wait
            ? new ConnectSessionMade(null, Problem: TooMany(), Wait: wait)
            : new ConnectSessionMade(session, address.ConnectPage(session.Id[IdPrefix.Length..] + secret));
    }

    /// <summary>Null once it is stored; otherwise how long until one of the tenant's open sessions ends at the latest.</summary>
    private async Task<TimeSpan?> AddAsync(ConnectSession session, Caller caller, CancellationToken cancellationToken)
    {
        // Looked at before the write as well: who is refused costs the disk nothing.
        if (FindWait(await registry.ListAsync(ConnectSession.Collection, "", cancellationToken), session) is { } known)
        {
            return known;
        }

        var audit = AuditEntry.Make(session.CreatedAt, caller.KeyId, "connect_session.created", session.Tenant, session.Id);
        return await registry.WriteAsync(
            transaction =>
            {
                if (FindWait(transaction.List(ConnectSession.Collection, ""), session) is { } wait)
                {
                    return wait;
                }

                transaction.Put(ConnectSession.Collection, session);
                transaction.Append(audit);
                return (TimeSpan?)null;
            },
            cancellationToken);
    }

    private TimeSpan? FindWait(IReadOnlyList<ConnectSession> all, ConnectSession added)
    {
        var now = added.CreatedAt;
        var open = all.Where(session => session.Tenant == added.Tenant && session.At(now) is { IsOver: false }).ToList();
        return open.Count < limits.Value.OpenSessions ? null : open.Min(static session => session.EndsBy) - now;
    }

    private ProblemHttpResult TooMany()
        => Problems.TooMany("too_many_open", $"This tenant has {limits.Value.OpenSessions} connect sessions that are not over. Finish them, or let them run out.");

    public async ValueTask<ConnectSession?> FindAsync(TenantId tenant, string id, CancellationToken cancellationToken)
        => await registry.FindAsync(ConnectSession.Collection, id, cancellationToken) is { } session && session.Tenant == tenant ? session.At(clock.GetUtcNow()) : null;

    public async ValueTask<ConnectSession?> FindByTokenAsync(string token, CancellationToken cancellationToken)
        => token.Length > IdLength
            && await registry.FindAsync(ConnectSession.Collection, IdPrefix + token[..IdLength], cancellationToken) is { } session
            && RandomText.Same(RandomText.Hash(token[IdLength..]), session.TokenHash)
                ? session.At(clock.GetUtcNow())
                : null;

    private ProblemHttpResult? Judge(NewConnectSession request, DriverId driver, Connection? reconnected)
    {
        if (drivers(driver) is not { Manifest: var manifest })
        {
            return Problems.Invalid(("driver", driver.Value is { Length: > 0 } named ? $"There is no driver '{Shorten(named)}' that serves." : "Name the driver of the service that is to be connected."));
        }

        if (manifest.Authorization.Kind != AuthorizationKind.OauthCode)
        {
            return Problems.Conflict("capability_absent", $"{manifest.Name} is not connected in a browser.");
        }

        if (!clients.TryGet(driver, out _, out var missing))
        {
            return Problems.Conflict("client_missing", missing);
        }

        var errors = JudgeFields(request).Concat(ConnectionSettings.Judge(request.Settings ?? reconnected?.Settings, manifest)).ToArray();
        return errors.Length == 0 ? null : Problems.Invalid(errors);
    }

    private IEnumerable<(string Field, string Message)> JudgeFields(NewConnectSession request)
    {
        if (request.ReturnTo is { } returnTo && !options.CurrentValue.ReturnAddresses.ContainsKey(returnTo))
        {
            yield return ("returnTo", $"There is no return address '{Shorten(returnTo)}': it is the id of one that is registered as SOUS_ReturnAddresses__ID.");
        }

        if (request.Initiator is { Length: 0 or > 200 })
        {
            yield return ("initiator", "The initiator is the platform's id of a user, 1 to 200 characters.");
        }

        if (request.Completion == CompletionMode.Automatic && !address.IsLoopback)
        {
            yield return ("completion", "Automatic completion is for a loopback public URL only: it lets whoever gets the link finish it.");
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
