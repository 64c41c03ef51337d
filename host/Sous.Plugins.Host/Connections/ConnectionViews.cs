using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Connections;

/// <summary>Puts together what is known of a connection from the rooms that know it.</summary>
internal sealed class ConnectionViews(IRegistry registry, CredentialRefresher refresher, RefreshSchedule schedule, Adoption adoption)
{
    public async ValueTask<ConnectionView> OfAsync(Connection connection, CancellationToken cancellationToken)
    {
        var waiting = await adoption.FindWaitingAsync(cancellationToken);
        if (waiting is not null && !connection.IsOver)
        {
            connection = connection with { Status = ConnectionStatus.AdoptRequired, Cause = Adoption.Explain(waiting), Actor = Actor.Operator };
        }

        // Read beside the store that would refuse an altered row: a view must show such a connection too.
        var credential = await registry.FindAsync(Credential.Collection, connection.Id.Value, cancellationToken);
        var refreshing = connection.Status == ConnectionStatus.Ok && refresher.IsInFlight(connection.Id);
        return new ConnectionView
        {
            Id = connection.Id,
            Tenant = connection.Tenant,
            Driver = connection.Driver,
            Authorization = connection.Authorization,
            AccountId = connection.AccountId,
            AccountName = connection.AccountName,
            Status = refreshing ? ConnectionStatus.Refreshing : connection.Status,
            Cause = connection.Cause,
            Actor = connection.Actor,
            Next = waiting is null ? await FindNextAsync(connection, cancellationToken) : null,
            Scopes = connection.Scopes,
            MissingScopes = connection.MissingScopes,
            Settings = connection.Settings,
            AccessTokenExpiresAt = credential?.AccessTokenExpiresAt,
            RefreshedAt = credential?.RefreshedAt,
            CreatedAt = connection.CreatedAt,
            ChangedAt = connection.ChangedAt,
        };
    }

    private async ValueTask<NextStep?> FindNextAsync(Connection connection, CancellationToken cancellationToken)
        => await registry.FindAsync(Revocation.Collection, connection.Id.Value, cancellationToken) is { } revocation
            ? new NextStep("revoke", revocation.NextTryAt)
            : await registry.FindAsync(Verification.Collection, connection.Id.Value, cancellationToken) is { } verification
            ? new NextStep("verify", verification.NextTryAt)
            : schedule.DueOf(connection.Id) is { } due ? new NextStep("refresh", due) : null;
}
