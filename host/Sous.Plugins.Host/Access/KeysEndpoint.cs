using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Access;

internal static class KeysEndpoint
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/api/v1/keys").RequireAccess(AccessLevel.Admin).ServesUnadopted();
        keys.MapGet("", ListAsync);
        keys.MapPost("", CreateAsync);
        keys.MapDelete("{id}", RevokeAsync);
    }

    private static async Task<Ok<ItemList<KeyView>>> ListAsync(KeyStore keys, CancellationToken cancellationToken)
        => TypedResults.Ok(ItemList.Of((await keys.ListAsync(cancellationToken)).Select(static key => View(key, null))));

    private static async Task<Results<Created<KeyView>, ProblemHttpResult>> CreateAsync(NewKey request, Caller caller, KeyStore keys, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!KeyScope.TryParse(request.Scope, out var scope))
        {
            return Problems.Invalid(("scope", "The scope is 'admin' or 'tenant:T' with the id of a tenant."));
        }

        if (request.Name is { Length: > 100 })
        {
            return Problems.Invalid(("name", "The name has at most 100 characters."));
        }

        if (request.ExpiresAt <= clock.GetUtcNow())
        {
            return Problems.Invalid(("expiresAt", "A key expires in the future, or never."));
        }

        var made = KeyText.Make();
        return await keys.AddAsync(made, scope, request.Name, request.ExpiresAt, caller.KeyId, cancellationToken) is { } key
            ? TypedResults.Created($"/api/v1/keys/{key.Id}", View(key, made.Text))
            : Problems.Invalid(("scope", $"There is no tenant '{scope.Tenant}'."));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(string id, Caller caller, KeyStore keys, CancellationToken cancellationToken)
        => await keys.RevokeAsync(id, caller.KeyId, cancellationToken) ? TypedResults.NoContent() : Problems.NotFound();

    private static KeyView View(ApiKey key, string? text) => new(key.Id, text, key.Scope.ToString(), key.Name, key.CreatedAt, key.ExpiresAt);

    internal sealed record NewKey(string? Scope, string? Name, DateTimeOffset? ExpiresAt = null);

    /// <param name="Key">The text, in the answer to its creation and never again.</param>
    internal sealed record KeyView(string Id, string? Key, string Scope, string? Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
}
