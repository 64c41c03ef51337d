using Microsoft.EntityFrameworkCore;

namespace Sous.Plugins.Testing;

/// <summary>OpenIddict's tables. In a real file: on EF's in-memory provider a reused token would leave its family alive.</summary>
internal sealed class GrantDatabase(DbContextOptions<GrantDatabase> options) : DbContext(options);
