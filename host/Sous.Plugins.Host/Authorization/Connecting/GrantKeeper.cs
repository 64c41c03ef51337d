using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Judges what an owner granted. What is not kept is given back: withdrawn at the service, for as long as it takes.</summary>
internal sealed class GrantKeeper(
    IRegistry registry, GrantWriter writer, HeldGrants heldGrants, EventLog log, Revocations revocations, ConnectionProbe probe, TimeProvider clock)
{
    public async Task<RedemptionEnd> KeepAsync(ConnectSession session, LoadedDriver driver, TokenSet tokens, string actor, CancellationToken cancellationToken)
    {
        var existing = await registry.FindAsync(Connection.Collection, session.Connection?.Value ?? "", cancellationToken);
        var account = existing?.AccountId is null || existing.IsGone
            ? new ProbeResult { AccountId = tokens.AccountId }
            : await ReadAccountAsync(driver, existing, tokens, cancellationToken);
        var scopes = GrantedScopes.Of(session.Held?.Request.Scopes ?? [], tokens);
        if (Judge(existing, account.AccountId, scopes, session) is var (code, detail))
        {
            // Whose it is may be unknown: then it is taken for the connection's own, whose grant must not die with this one.
            return await RefuseAsync(session, driver, tokens, account.AccountId ?? existing?.AccountId, code, detail, cancellationToken);
        }

        if (existing?.AccountId is { } known && account.AccountId is { } other && other != known)
        {
            return await heldGrants.HoldAsync(session, tokens, scopes, other, account.AccountName, cancellationToken) is { } held
                ? HeldGrants.Ask(held)
                : await GiveBackAsync(session, driver, tokens, other, cancellationToken);
        }

        var grant = new AcceptedGrant
        {
            Secrets = new CredentialSecrets { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken },
            ExpiresAt = tokens.ExpiresAt,
            Scopes = scopes.Granted,
            AccountId = tokens.AccountId,
        };
        return await writer.WriteAsync(session, grant, actor, cancellationToken) is { } connection
            ? RedemptionEnd.Of(connection)
            : await GiveBackAsync(session, driver, tokens, account.AccountId, cancellationToken);
    }

    private static (string Code, string Detail)? Judge(Connection? existing, string? account, GrantedScopes scopes, ConnectSession session) => existing switch
    {
        { IsGone: true } => ("connection_gone", "The connection was deleted meanwhile."),
        _ when scopes.IsWider => ("scopes_wider", "The service granted more than was asked for, so the grant is given back."),
        { AccountId: not null } when account is null => ("account_unknown", "The service does not say now whose account this is. Try again."),
        { AccountId: { } known } when account != known && session.Completion == CompletionMode.Automatic => (
            "another_account", "This is another account than the one that the connection was made for, and there is nobody to confirm that. Make a new connection for it."),
        _ => null,
    };

    private async ValueTask<ProbeResult> ReadAccountAsync(LoadedDriver driver, Connection existing, TokenSet tokens, CancellationToken cancellationToken)
        => tokens.AccountId is { } told
            ? new ProbeResult { AccountId = told }
            : (await probe.AskAsync(driver, existing, AuthorizationHandler.Of(tokens.AccessToken), cancellationToken)).Account ?? new ProbeResult();

    private async Task<RedemptionEnd> RefuseAsync(
        ConnectSession session, LoadedDriver driver, TokenSet tokens, string? account, string code, string detail, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var failed = session.End(ConnectSessionStatus.Failed, detail);
        await revocations.DiscardAsync(session.Tenant, driver.Id, tokens, account, transaction => transaction.PutSession(failed, now), cancellationToken);
        log.Wake();
        return RedemptionEnd.Refused(code, detail);
    }

    private async Task<RedemptionEnd> GiveBackAsync(ConnectSession session, LoadedDriver driver, TokenSet tokens, string? account, CancellationToken cancellationToken)
    {
        await revocations.DiscardAsync(session.Tenant, driver.Id, tokens, account, static _ => { }, cancellationToken);
        return RedemptionEnd.Refused("not_held", "The session was ended meanwhile.");
    }
}
