using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Turns a held code into a connection once the platform has confirmed the user; a wrong word destroys the code.</summary>
internal sealed class CodeRedemption(
    IRegistry registry,
    EventLog events,
    DriverLookup drivers,
    ClientRegistrations clients,
    TokenClient tokens,
    SessionProtector protector,
    GrantKeeper keeper,
    HeldGrants heldGrants,
    Revocations revocations,
    TimeProvider clock)
{
    /// <summary>Asked again after it went through, it answers the same connection.</summary>
    public async Task<RedemptionEnd> RedeemAsync(TenantId tenant, string sessionId, Confirmation confirmation, CancellationToken cancellationToken)
    {
        var turn = await TakeAsync(tenant, sessionId, confirmation, cancellationToken);
        if (turn.Session is not { } session)
        {
            return turn.Refusal ?? new RedemptionEnd(null, Problems.NotFound());
        }

        if (session.Status == ConnectSessionStatus.Completed)
        {
            return await registry.FindAsync(Connection.Collection, session.Connection?.Value ?? "", cancellationToken) is { } earlier
                ? RedemptionEnd.Of(earlier)
                : new RedemptionEnd(null, Problems.NotFound());
        }

        // The code is ours alone now and good for one try: nobody's hanging up ends this halfway.
        return session.Grant is { } held
            ? await heldGrants.ConfirmAsync(session, held, confirmation.Actor, CancellationToken.None)
            : await ExchangeAsync(session, confirmation, CancellationToken.None);
    }

    private async Task<RedemptionEnd> ExchangeAsync(ConnectSession session, Confirmation confirmation, CancellationToken cancellationToken)
    {
        if (session.Held is not { } held)
        {
            return new RedemptionEnd(null, Problems.NotFound());
        }

        if (drivers(session.Driver) is not { } driver || !clients.TryGet(session.Driver, out var client, out var missing))
        {
            await PutBackAsync(session, cancellationToken);
            return RedemptionEnd.Refused("client_missing", $"The driver '{session.Driver}' does not serve, or has no client registration any more. Put it right and complete again before the code runs out.");
        }

        var values = new TokenValues
        {
            Client = client,
            Code = new Secret(protector.Unprotect(session.Tenant, session.Id, "code", held.Code)),
            RedirectAddress = held.Request.RedirectAddress,
            Verifier = held.Request.Verifier is { } verifier ? new Secret(protector.Unprotect(session.Tenant, session.Id, "verifier", verifier)) : null,
        };
        var result = await tokens.ExchangeAsync(driver, held.Request.Addresses, TokenExchange.Code, values, cancellationToken);
        return result.Tokens is { } granted
            ? await keeper.KeepAsync(session, driver, granted, confirmation.Actor, cancellationToken)
            : await FailAsync(session, result, cancellationToken);
    }

    /// <summary>Of any number of callers one gets the session to redeem; the others are told how it stands.</summary>
    private async Task<Turn> TakeAsync(TenantId tenant, string sessionId, Confirmation confirmation, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var connection = ConnectionId.New();
        var audit = AuditEntry.Make(now, confirmation.Actor, "connect_session.refused", tenant, sessionId, "Not the user who asked; what was granted is destroyed.");
        var turn = await events.WriteAsync(
            transaction => transaction.Find(ConnectSession.Collection, sessionId) switch
            {
                { } session when session.Tenant != tenant => new Turn(),
                { Status: ConnectSessionStatus.Completed } session when session.Initiator == confirmation.Initiator => new Turn(session),
                { Status: ConnectSessionStatus.CodeHeld or ConnectSessionStatus.AccountMismatch } session => Take(transaction, session, confirmation, connection, audit),
                { } session => new Turn(Refusal: NotHeld(session)),
                null => new Turn(),
            },
            cancellationToken);
        revocations.Tell(turn.Dropped ?? []);
        return turn;
    }

    private static Turn Take(IRegistryTransaction transaction, ConnectSession session, Confirmation confirmation, ConnectionId connection, AuditEntry audit)
    {
        var now = audit.At;
        if (now >= session.EndsBy && session.At(now) is { } ended)
        {
            return new Turn(Refusal: RedemptionEnd.Refused("code_expired", $"{ended.Cause} Start a new connect session."), Dropped: transaction.PutSession(ended, now));
        }

        if (!confirmation.Fits(session))
        {
            transaction.Append(audit);
            var failed = session.End(ConnectSessionStatus.Failed, "Another user than the one who asked tried to finish it.");
            var refusal = RedemptionEnd.Refused("initiator_mismatch", "The user is not the one who started this session. What was granted is destroyed.");
            return new Turn(Refusal: refusal, Dropped: transaction.PutSession(failed, now));
        }

        if (session.Grant is { } held && confirmation.Account != held.AccountId)
        {
            return new Turn(Refusal: HeldGrants.Ask(held));
        }

        var taken = session with { Status = ConnectSessionStatus.Redeeming, Connection = session.Connection ?? connection };
        transaction.PutSession(taken, now);
        return new Turn(taken);
    }

    private static RedemptionEnd NotHeld(ConnectSession session)
        => RedemptionEnd.Refused("not_held", $"There is no code to redeem: the session is '{SnakeCase.Of(session.Status)}'.");

    private async Task<RedemptionEnd> FailAsync(ConnectSession session, TokenResult result, CancellationToken cancellationToken)
    {
        if (result.Failure == TokenFailure.Temporary && session.Completion == CompletionMode.Required)
        {
            await PutBackAsync(session, cancellationToken);
            return new RedemptionEnd(null, Problems.Make(
                StatusCodes.Status503ServiceUnavailable, "service_unavailable", "The service cannot be reached.", $"{result.Cause} Complete again while the code lasts."));
        }

        await PutAsync(session.End(ConnectSessionStatus.Failed, result.Cause), cancellationToken);
        return result.Failure == TokenFailure.GrantGone
            ? RedemptionEnd.Refused("code_refused", "The service did not accept the code. Start a new connect session.")
            : RedemptionEnd.Refused("client_rejected", $"{result.Cause} Check SOUS_Clients__{session.Driver.Value.Replace('-', '_')}__ClientId and __ClientSecret.");
    }

    private Task PutBackAsync(ConnectSession session, CancellationToken cancellationToken)
        => PutAsync(session with { Status = ConnectSessionStatus.CodeHeld }, cancellationToken);

    /// <summary>Stores how it stands now, unless it was ended meanwhile.</summary>
    private Task PutAsync(ConnectSession session, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return events.WriteAsync(
            transaction =>
            {
                if (transaction.Find(ConnectSession.Collection, session.Id) is { Status: ConnectSessionStatus.Redeeming })
                {
                    transaction.PutSession(session, now);
                }
            },
            cancellationToken);
    }

    /// <summary>The session for the one who may redeem it (or has), or a refusal; neither where there is no such session.</summary>
    /// <param name="Dropped">What a wrong or late word withdrew.</param>
    private sealed record Turn(ConnectSession? Session = null, RedemptionEnd? Refusal = null, IReadOnlyList<Revocation>? Dropped = null);
}
