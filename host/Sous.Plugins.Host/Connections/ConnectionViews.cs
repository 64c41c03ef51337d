using System.Globalization;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Connections;

/// <summary>Puts together what is known of a connection from the rooms that know it.</summary>
internal sealed class ConnectionViews(IRegistry registry, RefreshTroubles troubles, RefreshSchedule schedule, CredentialRefresher refresher, DriverLookup drivers, DriverDefects defects, CallBudgets budgets, Adoption adoption, TimeProvider clock)
{
    public async ValueTask<ConnectionView> OfAsync(Connection connection, CancellationToken cancellationToken)
    {
        var waiting = await adoption.FindWaitingAsync(cancellationToken);
        if (waiting is not null && !connection.IsOver)
        {
            connection = connection with { Status = ConnectionStatus.AdoptRequired, Cause = Adoption.Explain(waiting), Actor = Actor.Operator };
        }
        else if (connection is { IsFrozen: true, IsOver: false })
        {
            connection = connection with { Status = ConnectionStatus.Paused, Cause = "The operator froze this tenant: nothing is done for it until it is unfrozen.", Actor = Actor.Operator };
        }
        else if (connection.Status is ConnectionStatus.Ok or ConnectionStatus.NeedsAttention && drivers(connection.Driver) is { } driver && defects.Find(driver.Build) is { } quarantine)
        {
            connection = connection with { Status = ConnectionStatus.NeedsAttention, Cause = quarantine.Refusal, Actor = Actor.Operator };
        }

        // Read beside the store that would refuse an altered row: a view must show such a connection too.
        var credential = await registry.FindAsync(Credential.Collection, connection.Id.Value, cancellationToken);
        var (status, cause, actor) = ConditionOf(connection, credential);
        var wait = budgets.Find(connection.Driver)?.FindWait(connection.Id);
        return new ConnectionView
        {
            Id = connection.Id,
            Tenant = connection.Tenant,
            Driver = connection.Driver,
            Authorization = connection.Authorization,
            AccountId = connection.AccountId,
            AccountName = connection.AccountName,
            Status = status,
            Cause = cause ?? wait?.Cause,
            WaitingUntil = wait?.Until,
            Actor = actor,
            Next = waiting is null ? await FindNextAsync(connection, cancellationToken) : null,
            Scopes = connection.Scopes,
            MissingScopes = connection.MissingScopes,
            Settings = connection.Settings,
            AccessTokenExpiresAt = credential?.AccessTokenExpiresAt,
            RefreshedAt = credential?.RefreshedAt,
            CreatedAt = connection.CreatedAt,
            ChangedAt = connection.ChangedAt,
            Version = connection.Version,
        };
    }

    /// <summary>What is stored, and over it what passes by itself: a refresh that is under way, or one that fails for now.</summary>
    private (ConnectionStatus Status, string? Cause, Actor Actor) ConditionOf(Connection connection, Credential? credential)
    {
        var stored = (connection.Status, connection.Cause, connection.Actor);
        if (connection.Status != ConnectionStatus.Ok || credential is null)
        {
            return stored;
        }

        if (troubles.Find(connection.Id, credential.Version) is { } trouble)
        {
            // While the old token lives, nothing is amiss yet.
            var isOver = credential.AccessTokenExpiresAt <= clock.GetUtcNow();
            var cause = string.Create(CultureInfo.InvariantCulture, $"{CredentialRefresher.Part}: The token could not be renewed since {trouble.Since:yyyy-MM-dd HH:mm} UTC: {trouble.Cause}");
            return (isOver ? ConnectionStatus.NeedsAttention : ConnectionStatus.Ok, cause, trouble.Kind == FailureKind.Misconfigured ? Actor.Operator : Actor.Nobody);
        }

        return refresher.IsInFlight(connection.Id) || schedule.IsAtWork(connection.Id) ? (ConnectionStatus.Refreshing, connection.Cause, connection.Actor) : stored;
    }

    private async ValueTask<NextStep?> FindNextAsync(Connection connection, CancellationToken cancellationToken)
        => await registry.FindAsync(Revocation.Collection, connection.Id.Value, cancellationToken) is { } revocation
            ? new NextStep("revoke", revocation.NextTryAt)
            : await registry.FindAsync(Verification.Collection, connection.Id.Value, cancellationToken) is { } verification
            ? new NextStep("verify", verification.NextTryAt)
            : connection.Status != ConnectionStatus.NeedsReconnect && (schedule.DueOf(connection.Id) ?? (schedule.IsAtWork(connection.Id) ? clock.GetUtcNow() : null)) is { } due ? new NextStep("refresh", due) : null;
}
