using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Access;

internal static class KeysEndpoint
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/api/v1/keys").RequireAccess(AccessLevel.Admin).ServesUnadopted();
        keys.MapGet("", ListAsync)
            .Describe("listKeys", "Lists the keys", "Their texts are not among them: nobody can read one again.").IsPaged();
        keys.MapPost("", CreateAsync)
            .Describe("createKey", "Makes a key", "Its text is in this answer and never again.")
            .Example("""{ "scope": "tenant:hill-street", "name": "platform" }""");
        keys.MapDelete("{id}", RevokeAsync)
            .Describe("revokeKey", "Revokes a key", "It is refused from now on.");
    }

    private static async Task<Ok<ItemList<KeyView>>> ListAsync(PageQuery page, KeyStore keys, CancellationToken cancellationToken)
        => TypedResults.Ok(page.Of((await keys.ListAsync(cancellationToken)).Select(static key => View(key, null)), static key => key.Id));

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

    /// <param name="Scope"><c>admin</c>, or <c>tenant:T</c> with the id of a tenant.</param>
    /// <param name="Name">What it is for.</param>
    /// <param name="ExpiresAt">From when on it opens nothing; absent for never.</param>
    internal sealed record NewKey([property: Required] string? Scope, [property: StringLength(100)] string? Name = null, DateTimeOffset? ExpiresAt = null);

    /// <param name="Key">The text, in the answer to its creation and never again.</param>
    internal sealed record KeyView(string Id, string? Key, string Scope, string? Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
}
