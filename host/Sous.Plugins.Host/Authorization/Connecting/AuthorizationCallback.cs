using Duende.IdentityModel;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Judges what comes back from a service. Whatever does not belong to an open authorization request of this very browser is refused, always alike.</summary>
internal sealed class AuthorizationCallback(IRegistry registry, EventLog events, StateSigner signer, SessionProtector protector, TimeProvider clock)
{
    private static readonly TimeSpan s_longestHold = TimeSpan.FromMinutes(5);

    public async Task<CallbackEnd> ReceiveAsync(DriverId driver, IQueryCollection query, Func<string, string?> readCookie, CancellationToken cancellationToken)
    {
        if (!TryReadOnce(query, OidcConstants.AuthorizeResponse.State, out var state) || state is null
            || !TryReadOnce(query, OidcConstants.AuthorizeResponse.Code, out var code)
            || !TryReadOnce(query, OidcConstants.AuthorizeResponse.Error, out var error)
            || !TryReadOnce(query, "iss", out var issuer)
            || (code is null) == (error is null)
            || !await signer.VerifyAsync(state, driver, readCookie, cancellationToken))
        {
            return CallbackEnd.Refused;
        }

        // A look before the write: the second of two identical callbacks costs the disk nothing.
        var hash = RandomText.Hash(state);
        if (await registry.FindAsync(AuthorizationRequest.Collection, hash, cancellationToken) is not { } request || !IsFor(request, driver, issuer))
        {
            return CallbackEnd.Refused;
        }

        return code is null
            ? new CallbackEnd(await TakeAsync(request, session => Refuse(session, error), "denied", cancellationToken))
            : await HoldAsync(request, code, cancellationToken);
    }

    private async Task<CallbackEnd> HoldAsync(AuthorizationRequest request, string code, CancellationToken cancellationToken)
    {
        var completion = RandomText.Secret();
        var life = TimeSpan.FromSeconds(request.CodeLifeSeconds);
        var held = new HeldCode(
            protector.Protect(request.Tenant, request.Session, "code", code),
            RandomText.Hash(completion),
            clock.GetUtcNow() + (life < s_longestHold ? life : s_longestHold),
            request);
        var session = await TakeAsync(request, session => session with { Status = ConnectSessionStatus.CodeHeld, Held = held, Request = null }, "code_held", cancellationToken);
        return new CallbackEnd(session, completion);
    }

    /// <summary>Spends the request: of any number of identical callbacks one gets the session.</summary>
    private Task<ConnectSession?> TakeAsync(AuthorizationRequest request, Func<ConnectSession, ConnectSession> change, string what, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, AuditEntry.Browser, $"connect_session.{what}", request.Tenant, request.Session);
        return events.WriteAsync(
            transaction =>
            {
                if (!transaction.Delete(AuthorizationRequest.Collection, request.StateHash)
                    || transaction.Find(ConnectSession.Collection, request.Session) is not { Status: ConnectSessionStatus.Started } session
                    || session.Request != request.StateHash)
                {
                    return null;
                }

                var changed = change(session);
                transaction.PutSession(changed, now);
                transaction.Append(audit);
                return changed;
            },
            cancellationToken);
    }

    private bool IsFor(AuthorizationRequest request, DriverId driver, string? issuer)
        => request.Driver == driver
            && clock.GetUtcNow() < request.ExpiresAt
            && (request.Issuer is { } expected ? issuer == expected : issuer is null || IsNear(request, issuer));

    // What a service that is not known to name itself says is the client's to judge (RFC 9207, 2.4). Another origin than that of its
    // authorize page is another service's answer; its own must not be refused, or connecting breaks on the day it begins to name itself.
    private static bool IsNear(AuthorizationRequest request, string issuer)
        => Uri.TryCreate(issuer, UriKind.Absolute, out var named)
            && Uri.Compare(named, request.Addresses.Authorize, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    // The service's own words are the browser's input: they are told apart here and never shown.
    private static ConnectSession Refuse(ConnectSession session, string? error) => error == OidcConstants.AuthorizeErrors.AccessDenied
        ? session.End(ConnectSessionStatus.Denied, "The owner did not consent.")
        : session.End(ConnectSessionStatus.Failed, "The service ended the request with an error.");

    private static bool TryReadOnce(IQueryCollection query, string name, out string? value)
    {
        var values = query[name];
        value = values.Count == 1 && values[0] is { Length: > 0 and <= 4096 } text ? text : null;
        return values.Count == 0 || value is not null;
    }
}
