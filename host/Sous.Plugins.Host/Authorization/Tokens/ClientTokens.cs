using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Secret = Sous.Plugins.Sdk.Secret;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>
/// Tokens of services where the client logs in as itself: one per client registration, shared by all of its connections, kept
/// over restarts. It logs in no more often than the manifest allows, counting every try, and one login is in flight at most.
/// </summary>
internal sealed partial class ClientTokens(
    IRegistry registry,
    IDataProtectionProvider protection,
    DriverLookup drivers,
    ClientRegistrations clients,
    TokenClient tokens,
    TimeProvider clock,
    ILogger<ClientTokens> logger)
{
    /// <summary>A token that is refused when it is younger than this is not refused for its age.</summary>
    private static readonly TimeSpan s_young = TimeSpan.FromMinutes(5);

    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));

    private readonly ConcurrentDictionary<string, Lazy<Task<ClientLoginEnd>>> _flights = new();
    private readonly ConcurrentDictionary<string, (HostSecret Stored, ClientLogin Login)> _read = new();
    private readonly ConcurrentDictionary<string, Pause> _pauses = new();

    /// <summary>A token that is still good, after a login if need be.</summary>
    /// <exception cref="DriverException">There is none: the kind says who must act, the wait when the next login may be.</exception>
    public async ValueTask<Secret> GetAsync(DriverId id, CancellationToken cancellationToken)
    {
        var (driver, client) = Find(id);
        var name = NameOf(driver, client);
        var login = await ReadAsync(name, cancellationToken);
        if (login.IsBestAt(clock.GetUtcNow()))
        {
            return new Secret(login.Token ?? "");
        }

        var end = await LogInAsync(name, driver, client, login, cancellationToken);
        return end.Token ?? throw new DriverException(end.Failure, end.Cause ?? "The client has no token.", end.Wait);
    }

    /// <summary>Another token than the one that the service just refused, or null where logging in again gives none.</summary>
    public async ValueTask<Secret?> RenewAsync(DriverId id, Secret used, CancellationToken cancellationToken)
    {
        var (driver, client) = Find(id);
        var name = NameOf(driver, client);
        var login = await ReadAsync(name, cancellationToken);
        if (login.Token is { } stored && !RandomText.Same(stored, used.Reveal()))
        {
            return new Secret(stored);
        }

        var now = clock.GetUtcNow();
        if (now - login.ObtainedAt < s_young || login.Asked.Any(at => at > login.ObtainedAt && now - at < s_young))
        {
            return null;
        }

        var end = await LogInAsync(name, driver, client, login, cancellationToken);
        return end.Token is { } token && !RandomText.Same(token.Reveal(), used.Reveal()) ? token : null;
    }

    private (LoadedDriver Driver, ClientRegistration Client) Find(DriverId id)
    {
        if (drivers(id) is not { } driver)
        {
            throw new DriverException(FailureKind.Misconfigured, $"The driver '{id}' does not serve.");
        }

        return clients.TryGet(id, out var client, out var missing) ? (driver, client) : throw new DriverException(FailureKind.Misconfigured, missing);
    }

    // By the client's id, so that another registration does not go on with this one's token.
    private static string NameOf(LoadedDriver driver, ClientRegistration client) => $"client_token:{driver.Id}:{RandomText.Hash(client.Id)[..16]}";

    /// <summary>Logs in, or joins whoever is doing so. Who stops waiting stops nothing.</summary>
    /// <param name="seen">What the caller found wanting.</param>
    private Task<ClientLoginEnd> LogInAsync(string name, LoadedDriver driver, ClientRegistration client, ClientLogin seen, CancellationToken cancellationToken)
    {
        var flight = _flights.GetOrAdd(name, _ => new Lazy<Task<ClientLoginEnd>>(() => Task.Run(() => FlyAsync(name, driver, client, seen), CancellationToken.None)));
        return flight.Value.WaitAsync(cancellationToken);
    }

    private async Task<ClientLoginEnd> FlyAsync(string name, LoadedDriver driver, ClientRegistration client, ClientLogin seen)
    {
        try
        {
            return await LogInAsync(name, driver, client, seen);
        }
        finally
        {
            _flights.TryRemove(name, out _);
        }
    }

    private async Task<ClientLoginEnd> LogInAsync(string name, LoadedDriver driver, ClientRegistration client, ClientLogin seen)
    {
        var login = await ReadAsync(name, CancellationToken.None);
        var now = clock.GetUtcNow();
        if (login.Token is { } token && token != seen.Token && login.IsBestAt(now))
        {
            // Another flight landed between the caller's look and this.
            return new ClientLoginEnd(new Secret(token));
        }

        var wait = login.WaitAt(now, driver.Manifest.Authorization);
        if (wait > TimeSpan.Zero)
        {
            return Settle(login, now, FailureKind.RateLimited, $"{driver.Manifest.Name} allows {driver.Manifest.Authorization.LoginsPerHour} logins an hour, and they are used up.", wait);
        }

        if (_pauses.TryGetValue(name, out var pause) && pause.Until > now)
        {
            return Settle(login, now, pause.Failure, pause.Cause, pause.Until - now);
        }

        // Counted before it is sent: a host that is killed and started again in a circle must not use the logins up.
        login = login.AskedAt(now);
        await SaveAsync(name, login);
        var result = await tokens.ExchangeAsync(
            driver, ServiceAddresses.For(driver.Manifest.Authorization, client), TokenExchange.ClientCredentials, new TokenValues { Client = client }, CancellationToken.None);
        if (result.Tokens is not { } granted)
        {
            if (!result.Sent)
            {
                await SaveAsync(name, login with { Asked = [.. login.Asked.SkipLast(1)] });
            }

            return Postpone(name, login, result);
        }

        _pauses.TryRemove(name, out _);
        await SaveAsync(name, login with { Token = granted.AccessToken.Reveal(), ObtainedAt = clock.GetUtcNow(), ExpiresAt = granted.ExpiresAt });
        Log.LoggedIn(logger, driver.Id, granted.ExpiresAt);
        return new ClientLoginEnd(granted.AccessToken);
    }

    private ClientLoginEnd Postpone(string name, ClientLogin login, TokenResult result)
    {
        var now = clock.GetUtcNow();
        var tries = _pauses.TryGetValue(name, out var pause) ? pause.Tries : 0;
        var wait = s_backOff.After(tries, result.RetryAfter);
        var failure = result.Failure == TokenFailure.Temporary ? FailureKind.Transient : FailureKind.Misconfigured;
        var cause = result.Cause ?? "The client could not log in.";
        _pauses[name] = new Pause(tries + 1, now + wait, failure, cause);
        return Settle(login, now, failure, cause, wait);
    }

    /// <summary>The stored token to its very end, or why there is none.</summary>
    private static ClientLoginEnd Settle(ClientLogin login, DateTimeOffset now, FailureKind failure, string cause, TimeSpan wait)
        => login.IsGoodAt(now) ? new ClientLoginEnd(new Secret(login.Token ?? "")) : new ClientLoginEnd(null, failure, cause, wait);

    private async ValueTask<ClientLogin> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(HostSecret.Collection, name, cancellationToken) is not { } stored)
        {
            return ClientLogin.None;
        }

        if (_read.TryGetValue(name, out var known) && known.Stored == stored)
        {
            return known.Login;
        }

        try
        {
            var login = JsonSerializer.Deserialize(ProtectorOf(name).Unprotect(stored.Protected), AuthorizationJson.Default.ClientLogin) ?? ClientLogin.None;
            _read[name] = (stored, login);
            return login;
        }
        catch (CryptographicException)
        {
            // A login brings another token; what was altered is not worth a stop.
            Log.Unreadable(logger, name);
            return ClientLogin.None;
        }
    }

    // One login is in flight at most, so nobody else changes what is written here.
    private Task SaveAsync(string name, ClientLogin login)
    {
        var made = new HostSecret(name, ProtectorOf(name).Protect(JsonSerializer.Serialize(login, AuthorizationJson.Default.ClientLogin)));
        return registry.WriteAsync(transaction => transaction.Put(HostSecret.Collection, made), CancellationToken.None);
    }

    private IDataProtector ProtectorOf(string name) => protection.CreateProtector(HostSecret.Purpose, name);

    private sealed record Pause(int Tries, DateTimeOffset Until, FailureKind Failure, string Cause);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1250, Level = LogLevel.Information, Message = "The client of driver {Driver} logged in; its token is good until {Until}.")]
        public static partial void LoggedIn(ILogger logger, DriverId driver, DateTimeOffset until);

        [LoggerMessage(EventId = 1251, Level = LogLevel.Warning, Message = "{Name} cannot be decrypted; the client logs in again.")]
        public static partial void Unreadable(ILogger logger, string name);
    }
}
