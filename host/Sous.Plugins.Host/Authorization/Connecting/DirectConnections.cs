using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>
/// Connections that no owner consents to in a browser: by a key that is entered, or by the client's own login. Each is probed
/// before it is kept, so that a wrong key is told to whoever enters it.
/// </summary>
internal sealed class DirectConnections(
    IRegistry registry,
    CredentialStore credentials,
    ConnectionStore connections,
    ConnectionProbe probe,
    ConnectionAuthorization authorization,
    EventLog log,
    ConnectionEvents events,
    DriverLookup drivers,
    ClientRegistrations clients,
    IHostApplicationLifetime lifetime,
    TimeProvider clock)
{
    private const string KeyRule = "The key is 1 to 4,096 printable ASCII characters without blanks.";

    public async Task<RedemptionEnd> CreateAsync(TenantId tenant, NewConnection request, Caller caller, CancellationToken cancellationToken)
    {
        if (drivers(new DriverId(request.Driver ?? "")) is not { } driver)
        {
            return new RedemptionEnd(null, Problems.Invalid(("driver", "There is no driver of that id that serves.")));
        }

        if (Judge(request, driver.Manifest, caller) is { } problem)
        {
            return new RedemptionEnd(null, problem);
        }

        var now = clock.GetUtcNow();
        var wanted = new Connection
        {
            Id = ConnectionId.New(),
            Tenant = tenant,
            Driver = driver.Id,
            Authorization = driver.Manifest.Authorization.Kind,
            Status = ConnectionStatus.Ok,
            Scopes = driver.Manifest.Authorization.Scopes,
            Settings = request.Settings ?? ConnectionSettings.None,
            CreatedAt = now,
            ChangedAt = now,
        };
        var end = await probe.AskAsync(driver, wanted, HandlerOf(wanted, driver, request.ApiKey), cancellationToken);
        if (!end.Ok)
        {
            return new RedemptionEnd(null, Refuse(end, driver.Manifest));
        }

        var connection = wanted with { AccountId = end.Account?.AccountId, AccountName = end.Account?.AccountName };
        await KeepAsync(connection, request.ApiKey, caller);
        return RedemptionEnd.Of(connection);
    }

    /// <summary>Takes another key for the same account; the connection, its records and checkpoints stay.</summary>
    /// <exception cref="StaleVersionException">Somebody else edited the connection meanwhile.</exception>
    public async Task<RedemptionEnd> ReplaceKeyAsync(Connection connection, NewCredentials request, IfMatch match, Caller caller, CancellationToken cancellationToken)
    {
        if (RefuseAsItStands(connection, await registry.FindAsync(Revocation.Collection, connection.Id.Value, cancellationToken)) is { } refused)
        {
            return refused;
        }

        if (connection.Authorization != AuthorizationKind.ApiKey || drivers(connection.Driver) is not { } driver)
        {
            return RedemptionEnd.Refused("capability_absent", "This connection has no key to be entered: its owner reconnects in a browser, or the operator changes the client registration.");
        }

        if (request.ApiKey is not { } key || !IsKey(key))
        {
            return new RedemptionEnd(null, Problems.Invalid(("apiKey", KeyRule)));
        }

        var end = await probe.AskAsync(driver, connection, HandlerOf(connection, driver, key), cancellationToken);
        if (!end.Ok)
        {
            return new RedemptionEnd(null, Refuse(end, driver.Manifest));
        }

        if (end.Account?.AccountId is { } account && connection.AccountId is { } known && account != known && request.Account != account)
        {
            return new RedemptionEnd(null, Problems.Conflict(
                "another_account",
                $"The key is for another account than the connection was made for. To go on with it, send it again with \"account\": \"{account}\".",
                ("account", account)));
        }

        return await SaveAsync(connection, end, key, match, caller);
    }

    private static RedemptionEnd? RefuseAsItStands(Connection? connection, Revocation? revocation)
        => connection is not { IsGone: false } ? RedemptionEnd.Refused("connection_gone", "The connection was deleted. Make a new one.")
            : revocation is not null ? RedemptionEnd.Refused("revocation_open", "The old key is still being given up. Try again once the connection is 'cannot_revoke'.")
            : null;

    private ProblemHttpResult? Judge(NewConnection request, DriverManifest manifest, Caller caller)
    {
        var kind = manifest.Authorization.Kind;
        if (kind == AuthorizationKind.OauthCode)
        {
            return Problems.Conflict("capability_absent", $"{manifest.Name} is connected by its owner in a browser: make a connect session.");
        }

        if (kind == AuthorizationKind.ClientCredentials)
        {
            // The client reaches the accounts of many tenants: which of them is whose is the operator's to say.
            if (!caller.IsAdmin)
            {
                return Problems.Forbidden();
            }

            if (!clients.TryGet(new DriverId(manifest.Id), out _, out var missing))
            {
                return Problems.Conflict("client_missing", missing);
            }
        }

        var errors = ConnectionSettings.Judge(request.Settings, manifest).ToList();
        if (kind == AuthorizationKind.ApiKey && !IsKey(request.ApiKey))
        {
            errors.Add(("apiKey", KeyRule));
        }
        else if (kind != AuthorizationKind.ApiKey && request.ApiKey is not null)
        {
            errors.Add(("apiKey", $"{manifest.Name} takes no key."));
        }

        return errors.Count == 0 ? null : Problems.Invalid([.. errors]);
    }

    private static bool IsKey(string? key) => key is { Length: >= 1 and <= 4096 } && key.All(static c => c is > ' ' and <= '~');

    private DelegatingHandler HandlerOf(Connection connection, LoadedDriver driver, string? key)
        => key is null ? authorization.CreateHandler(connection) : AuthorizationHandler.Of(new Secret(key), driver.Manifest.Authorization.KeyHeader);

    private static ProblemHttpResult Refuse(ProbeEnd end, DriverManifest manifest) => end.Failure switch
    {
        FailureKind.Unauthorized => Problems.Conflict("credential_refused", $"{manifest.Name} refused: {end.Cause}"),
        FailureKind.Misconfigured or FailureKind.Defect => Problems.Conflict("needs_attention", end.Cause ?? "", ("actor", end.Actor)),
        _ => Problems.Make(StatusCodes.Status503ServiceUnavailable, "service_unavailable", "The service cannot be reached.", $"{end.Cause} Nothing was kept. Try again."),
    };

    private async Task KeepAsync(Connection connection, string? key, Caller caller)
    {
        var audit = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "connection.connected", connection.Tenant, connection.Id.Value);
        if (key is null)
        {
            await registry.WriteAsync(Put, CancellationToken.None);
        }
        else
        {
            await credentials.SaveAsync(MaterialOf(connection, key), 0, Put, CancellationToken.None);
        }

        log.Wake();
        events.RaiseConnected(connection, lifetime.ApplicationStopping);

        void Put(IRegistryTransaction transaction)
        {
            transaction.Put(Connection.Collection, connection with { IsFrozen = Tenant.IsFrozen(transaction, connection.Tenant) });
            transaction.Append(audit);
            foreach (var told in PlatformEvents.Connected(connection, null))
            {
                EventLog.Append(transaction, told);
            }
        }
    }

    /// <summary>The key, the connection and what is told of them become durable together, or nothing does.</summary>
    private async Task<RedemptionEnd> SaveAsync(Connection connection, ProbeEnd end, string key, IfMatch match, Caller caller)
    {
        var (id, material) = (connection.Id, MaterialOf(connection, key));
        var audit = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "connection.key_replaced", target: id.Value);
        ConnectionChange? change = null;
        while (true)
        {
            var stored = await registry.FindAsync(Credential.Collection, id.Value, CancellationToken.None);
            try
            {
                await credentials.SaveAsync(material, stored?.Version ?? 0, Put, CancellationToken.None);
            }
            catch (CredentialConflictException)
            {
                // Another one was entered just now: whoever did not ask for a version enters the last.
                continue;
            }
            catch (KeyRefusedException e)
            {
                return e.End;
            }

            connections.Tell(change);
            var changed = change?.After ?? connection;
            events.RaiseConnected(changed, lifetime.ApplicationStopping);
            return RedemptionEnd.Of(changed);
        }

        void Put(IRegistryTransaction transaction)
        {
            if (RefuseAsItStands(transaction.Find(Connection.Collection, id.Value), transaction.Find(Revocation.Collection, id.Value)) is { } refused)
            {
                throw new KeyRefusedException(refused);
            }

            change = ConnectionStore.Change(transaction, id, audit, (current, _) => Replace(current));
        }

        Connection Replace(Connection current)
        {
            match.Require(current.Version);
            return (current.Status == ConnectionStatus.Paused ? current : current.Well()) with
            {
                AccountId = end.Account?.AccountId ?? current.AccountId,
                AccountName = end.Account?.AccountName ?? current.AccountName,
                KeyReplacedAt = audit.At,
            };
        }
    }

    private CredentialMaterial MaterialOf(Connection connection, string key) => new()
    {
        Connection = connection.Id,
        Tenant = connection.Tenant,
        Secrets = new CredentialSecrets { ApiKey = new Secret(key) },
        ObtainedAt = clock.GetUtcNow(),
    };
}
